#include "gateway/range_header.h"

#include <limits>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

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

}  // namespace

std::optional<ByteRangeSpec> ParseRange(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  if (!absl::StartsWithIgnoreCase(value, kUnit)) return std::nullopt;
  const absl::string_view range =
      absl::StripAsciiWhitespace(value.substr(kUnit.size()));
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
  if (!last || *last < *first) return std::nullopt;
  return ByteRangeSpec{ByteRangeSpec::From{*first, *last}};
}

}  // namespace cvr
