#ifndef GATEWAY_RANGE_HEADER_H_
#define GATEWAY_RANGE_HEADER_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "services/common/byte_range.h"

namespace cvr {

// The single byte range in a Range field's value: RFC 9110, section 14.2.
// Absent for what a server must or may ignore, which is then answered with
// everything: bad syntax, another unit, and several ranges (an answer with only
// the first of them would corrupt the client's file).
// Numbers beyond 64 bits count as the largest.
std::optional<ByteRangeSpec> ParseRange(absl::string_view value);

}  // namespace cvr

#endif  // GATEWAY_RANGE_HEADER_H_
