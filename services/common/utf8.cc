#include "services/common/utf8.h"

#include <cstddef>
#include <cstdint>

#include "absl/algorithm/container.h"

namespace cvr {
namespace {

struct Lead {
  uint8_t first;
  uint8_t last;
  size_t size;
  // Of the byte that follows.
  uint8_t next_min;
  uint8_t next_max;
};

// RFC 3629, section 4.
constexpr Lead kLeads[] = {
    {0x00, 0x7F, 1, 0x00, 0x00}, {0xC2, 0xDF, 2, 0x80, 0xBF},
    {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF},
    {0xF4, 0xF4, 4, 0x80, 0x8F},
};

// Whether `byte` is one of a character, but not its first.
bool IsContinuation(char byte) { return (byte & 0xC0) == 0x80; }

// The length of the character that `text` starts with; 0 = it is none.
size_t CharacterSize(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  for (const Lead& lead : kLeads) {
    if (byte(0) < lead.first || byte(0) > lead.last) continue;
    if (text.size() < lead.size) return 0;
    if (lead.size == 1) return 1;
    if (byte(1) < lead.next_min || byte(1) > lead.next_max) return 0;
    for (size_t i = 2; i < lead.size; ++i) {
      if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
    }
    return lead.size;
  }
  return 0;
}

}  // namespace

size_t Utf8Length(absl::string_view text) {
  return text.size() - absl::c_count_if(text, IsContinuation);
}

absl::string_view Utf8Prefix(absl::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t size = bytes_max;
  while (size > 0 && IsContinuation(text[size])) --size;
  return text.substr(0, size);
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace cvr
