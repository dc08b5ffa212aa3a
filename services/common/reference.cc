#include "services/common/reference.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "services/common/errors.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

bool IsLowerAlnum(char c) {
  return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'z');
}

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool IsPathComponent(absl::string_view text) {
  if (text.empty() || !IsLowerAlnum(text.front()) ||
      !IsLowerAlnum(text.back())) {
    return false;
  }
  for (size_t i = 0; i < text.size();) {
    if (IsLowerAlnum(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && text[end] == text[i]) ++end;
    const size_t run = end - i;
    const bool separator = text[i] == '-' || (text[i] == '.' && run == 1) ||
                           (text[i] == '_' && run <= 2);
    if (!separator || !IsLowerAlnum(text[end])) return false;
    i = end;
  }
  return true;
}

// [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
bool IsTag(absl::string_view text) {
  if (text.empty() || text.size() > limits::kTagCharsMax) return false;
  if (text.front() == '.' || text.front() == '-') return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_' && c != '.' && c != '-') {
      return false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<Repository> Repository::Parse(absl::string_view name) {
  if (name.empty() || name.size() > limits::kRepositoryCharsMax) {
    return errors::NameInvalid(name.substr(0, limits::kRepositoryCharsMax));
  }
  for (const absl::string_view component : absl::StrSplit(name, '/')) {
    if (!IsPathComponent(component)) return errors::NameInvalid(name);
  }
  return Repository(std::string(name));
}

absl::StatusOr<Reference> Reference::Parse(absl::string_view text) {
  if (absl::StrContains(text, ':')) {
    auto digest = Digest::Parse(text);
    if (!digest.ok()) return digest.status();
    return Reference(*digest);
  }
  if (!IsTag(text)) {
    return WithReason(
        absl::NotFoundError("this reference is not a tag and not a digest, so "
                            "it does not identify a manifest"),
        Reason::kManifestUnknown);
  }
  return Reference(std::string(text));
}

std::string Reference::ToString() const {
  return is_digest() ? digest().ToString() : tag();
}

}  // namespace cvr
