#include "services/common/byte_range.h"

#include <algorithm>

#include "services/common/errors.h"

namespace cvr {

absl::StatusOr<ByteRange> ResolveRange(const std::optional<ByteRangeSpec>& spec,
                                       uint64_t size_bytes) {
  if (!spec) return ByteRange{0, size_bytes};
  if (const auto* const suffix =
          std::get_if<ByteRangeSpec::Suffix>(&spec->value)) {
    const uint64_t length = std::min(suffix->length, size_bytes);
    if (length == 0) return errors::RangeNotSatisfiable(size_bytes);
    return ByteRange{size_bytes - length, length};
  }
  const auto& from = std::get<ByteRangeSpec::From>(spec->value);
  if (from.first >= size_bytes) return errors::RangeNotSatisfiable(size_bytes);
  const uint64_t last =
      std::min(from.last.value_or(size_bytes - 1), size_bytes - 1);
  return ByteRange{from.first, last - from.first + 1};
}

}  // namespace cvr
