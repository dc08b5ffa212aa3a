#ifndef SERVICES_COMMON_BYTE_RANGE_H_
#define SERVICES_COMMON_BYTE_RANGE_H_

#include <cstdint>
#include <optional>
#include <variant>

#include "absl/status/statusor.h"

namespace cvr {

// One range as a client requests it (RFC 9110, section 14.1.2). It is not yet
// checked against the size of the content; see ResolveRange().
struct ByteRangeSpec {
  struct From {
    uint64_t first = 0;
    std::optional<uint64_t> last;  // Inclusive; absent = to the end.
  };
  struct Suffix {
    uint64_t length = 0;  // Number of bytes at the end.
  };
  std::variant<From, Suffix> value;
};

// A part of content of a known size.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;

  uint64_t end() const { return offset + length; }
};

// The part of content of `size_bytes` bytes that `spec` selects, clamped to the
// size; the whole content if there is no spec.
// Errors: OUT_OF_RANGE (reason RANGE_NOT_SATISFIABLE) for a range that starts
// past the end.
absl::StatusOr<ByteRange> ResolveRange(const std::optional<ByteRangeSpec>& spec,
                                       uint64_t size_bytes);

}  // namespace cvr

#endif  // SERVICES_COMMON_BYTE_RANGE_H_
