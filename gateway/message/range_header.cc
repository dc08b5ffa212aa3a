#include "gateway/message/range_header.h"

#include <limits>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

constexpr absl::string_view kUnit = "bytes=";

// 1*DIGIT
std::optional<uint64_t> ParsePosition(absl::string_view text) {
  if (text.empty() || !absl::c_all_of(text, absl::ascii_isdigit)) {
    return std::nullopt;
  }
  uint64_t position = 0;
  if (!absl::SimpleAtoi(text, &position)) {
    return std::numeric_limits<uint64_t>::max();
  }
  return position;
}

// range-spec: `first-last`, `first-` or `-length`.
std::optional<ByteRangeSpec> ParseSpec(absl::string_view range) {
  const size_t dash = range.find('-');
  if (dash == absl::string_view::npos) return std::nullopt;
  const auto last = ParsePosition(range.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    return ByteRangeSpec{ByteRangeSpec::Suffix{*last}};
  }
  const auto first = ParsePosition(range.substr(0, dash));
  if (!first) return std::nullopt;
  if (dash + 1 == range.size()) {
    return ByteRangeSpec{ByteRangeSpec::From{*first, std::nullopt}};
  }
  if (!last) return std::nullopt;
  // RFC 9110 has it ignored as malformed; the conformance suite and registries
  // have it as one that no content satisfies.
  if (*last < *first) {
    return ByteRangeSpec{ByteRangeSpec::From{
        std::numeric_limits<uint64_t>::max(), std::nullopt}};
  }
  return ByteRangeSpec{ByteRangeSpec::From{*first, *last}};
}

}  // namespace

std::vector<ByteRangeSpec> ParseRanges(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  if (!absl::StartsWithIgnoreCase(value, kUnit)) return {};
  std::vector<ByteRangeSpec> ranges;
  for (absl::string_view range :
       absl::StrSplit(value.substr(kUnit.size()), ',')) {
    range = absl::StripAsciiWhitespace(range);
    if (range.empty()) continue;  // As lists may have: section 5.6.1.2.
    const auto spec = ParseSpec(range);
    if (!spec || ranges.size() == limits::kRangesPerRequestMax) return {};
    ranges.push_back(*spec);
  }
  return ranges;
}

std::vector<ByteRange> SatisfiableRanges(
    const std::vector<ByteRangeSpec>& wanted, uint64_t size_bytes) {
  std::vector<ByteRange> ranges;
  for (const ByteRangeSpec& spec : wanted) {
    const auto range = ResolveRange(spec, size_bytes);
    if (range.ok()) ranges.push_back(*range);
  }
  return ranges;
}

bool ExceedContent(const std::vector<ByteRange>& ranges, uint64_t size_bytes) {
  uint64_t left = size_bytes;
  for (const ByteRange& range : ranges) {
    if (range.length > left) return true;
    left -= range.length;
  }
  return false;
}

std::string ContentRange(const ByteRange& range, uint64_t size_bytes) {
  return absl::StrCat("bytes ", range.offset, "-", range.end() - 1, "/",
                      size_bytes);
}

}  // namespace cvr
