#ifndef SERVICES_COMMON_BYTE_RANGE_H_
#define SERVICES_COMMON_BYTE_RANGE_H_

#include <cstdint>
#include <optional>
#include <variant>

#include "absl/status/statusor.h"

namespace cvr {

// One range as asked for (RFC 9110, section 14.1.2), not yet held against a
// size.
struct ByteRangeSpec {
  struct From {
    uint64_t first = 0;
    std::optional<uint64_t> last;  // Inclusive; absent = to the end.
  };
  struct Suffix {
    uint64_t length = 0;  // The last so many bytes.
  };
  std::variant<From, Suffix> value;
};

// A part of content of a known size.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;

  uint64_t end() const { return offset + length; }
};

// Clamps `spec` to `size_bytes`; everything when there is no spec.
// Errors: OUT_OF_RANGE (reason RANGE_NOT_SATISFIABLE).
absl::StatusOr<ByteRange> ResolveRange(const std::optional<ByteRangeSpec>& spec,
                                       uint64_t size_bytes);

}  // namespace cvr

#endif  // SERVICES_COMMON_BYTE_RANGE_H_
