// A chunked body reads the same however it is cut into pieces, never holds more
// than its bound, and an independent reader finds the same end and bytes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "gateway/http/chunked_body.h"
#include "tests/fuzz/check.h"

namespace cvr {
namespace {

constexpr size_t kBytesMax = 1000;
using State = ChunkedBody::State;

struct Whole {
  std::string body;
  size_t size;
};

// As RFC 9112, section 7.1.3, writes it down, over bytes that are all there.
std::optional<Whole> Decode(absl::string_view bytes) {
  Whole whole{"", 0};
  while (true) {
    const size_t line = bytes.find("\r\n", whole.size);
    if (line == bytes.npos) return std::nullopt;
    const absl::string_view text = bytes.substr(whole.size, line - whole.size);
    const size_t digits = text.find_first_not_of("0123456789abcdefABCDEF");
    uint64_t size = 0;
    if (!absl::SimpleHexAtoi(text.substr(0, digits), &size)) {
      return std::nullopt;
    }
    whole.size = line + 2;
    if (size == 0) break;
    if (size + 2 > bytes.size() - whole.size) return std::nullopt;
    whole.body += std::string(bytes.substr(whole.size, size));
    whole.size += size + 2;
  }
  while (true) {
    const size_t line = bytes.find("\r\n", whole.size);
    if (line == bytes.npos) return std::nullopt;
    const bool last = line == whole.size;
    whole.size = line + 2;
    if (last) return whole;
  }
}

}  // namespace
}  // namespace cvr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cvr::State;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  cvr::ChunkedBody at_once(cvr::kBytesMax);
  std::string rest = bytes;
  const State state = at_once.Take(rest);
  FUZZ_CHECK(at_once.body().size() <= cvr::kBytesMax);

  cvr::ChunkedBody in_pieces(cvr::kBytesMax);
  State last = State::kMore;
  std::string received;
  for (const char c : bytes) {
    received.push_back(c);
    if (last == State::kMore) last = in_pieces.Take(received);
    FUZZ_CHECK(in_pieces.body().size() <= cvr::kBytesMax);
  }
  FUZZ_CHECK((state == State::kComplete) == (last == State::kComplete));
  if (state != State::kComplete) return 0;
  FUZZ_CHECK(at_once.body() == in_pieces.body());
  FUZZ_CHECK(rest == received);
  const auto whole = cvr::Decode(bytes);
  FUZZ_CHECK(whole && whole->body == at_once.body());
  FUZZ_CHECK(whole->size == bytes.size() - rest.size());
  return 0;
}
