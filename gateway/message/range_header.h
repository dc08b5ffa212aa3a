#ifndef GATEWAY_MESSAGE_RANGE_HEADER_H_
#define GATEWAY_MESSAGE_RANGE_HEADER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/byte_range.h"

namespace cvr {

// The byte ranges in a Range field's value, in its order: RFC 9110, section
// 14.2. Empty for what a server must or may ignore, which is then answered with
// everything: bad syntax anywhere, another unit, and more than
// limits::kRangesPerRequestMax ranges.
// Numbers beyond 64 bits count as the largest.
std::vector<ByteRangeSpec> ParseRanges(absl::string_view value);

// Those that content of this size has something of, clamped to it.
std::vector<ByteRange> SatisfiableRanges(
    const std::vector<ByteRangeSpec>& wanted, uint64_t size_bytes);

// Whether they make more bytes than the content has: they overlap, and to send
// all of it once is less.
bool ExceedContent(const std::vector<ByteRange>& ranges, uint64_t size_bytes);

// `bytes first-last/size`, for Content-Range. `range` is not empty.
std::string ContentRange(const ByteRange& range, uint64_t size_bytes);

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_RANGE_HEADER_H_
