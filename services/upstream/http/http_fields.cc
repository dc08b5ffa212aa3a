#include "services/upstream/http/http_fields.h"

#include <curl/curl.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

constexpr absl::Duration kRetryAfterMax = absl::Hours(24);

// Digits only: SimpleAtoi alone also takes signs and spaces.
std::optional<uint64_t> ParseNumber(absl::string_view text) {
  uint64_t value = 0;
  if (text.empty() ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &value)) {
    return std::nullopt;
  }
  return value;
}

bool IsEtagChar(char c) { return c > ' ' && c != '"' && c != 0x7f; }

// RFC 6838, section 4.2.
bool IsTypeName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("!#$&-^_.+", c);
  });
}

}  // namespace

std::optional<ContentRange> ParseContentRange(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  if (!absl::StartsWithIgnoreCase(value, "bytes ")) return std::nullopt;
  value.remove_prefix(6);
  const std::vector<absl::string_view> parts = absl::StrSplit(value, '/');
  if (parts.size() != 2) return std::nullopt;
  const std::vector<absl::string_view> ends = absl::StrSplit(parts[0], '-');
  if (ends.size() != 2) return std::nullopt;
  const auto first = ParseNumber(ends[0]);
  const auto last = ParseNumber(ends[1]);
  if (!first || !last || *first > *last || *last == UINT64_MAX) {
    return std::nullopt;
  }
  ContentRange range = {*first, *last};
  if (parts[1] != "*") {
    range.total = ParseNumber(parts[1]);
    if (!range.total || *range.total <= *last) return std::nullopt;
  }
  return range;
}

std::optional<uint64_t> ParseUnsatisfiedRange(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  if (!absl::StartsWithIgnoreCase(value, "bytes */")) return std::nullopt;
  return ParseNumber(value.substr(8));
}

std::optional<uint64_t> ParseContentLength(absl::string_view value) {
  return ParseNumber(absl::StripAsciiWhitespace(value));
}

std::optional<absl::Duration> ParseRetryAfter(absl::string_view value,
                                              absl::Time now) {
  value = absl::StripAsciiWhitespace(value);
  absl::Duration delay;
  if (const auto seconds = ParseNumber(value)) {
    delay = absl::Seconds(
        std::min<uint64_t>(*seconds, absl::ToInt64Seconds(kRetryAfterMax)));
  } else {
    const time_t date = curl_getdate(std::string(value).c_str(), nullptr);
    if (date == -1) return std::nullopt;
    delay = absl::FromTimeT(date) - now;
  }
  return std::clamp(delay, absl::ZeroDuration(), kRetryAfterMax);
}

std::string EtagOf(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  absl::ConsumePrefix(&value, "W/");
  absl::ConsumePrefix(&value, "\"");
  absl::ConsumeSuffix(&value, "\"");
  if (value.size() > limits::kEtagCharsMax ||
      !std::all_of(value.begin(), value.end(), IsEtagChar)) {
    return "";
  }
  return std::string(value);
}

std::string StrongEtagOf(absl::string_view value) {
  const bool is_weak =
      absl::StartsWith(absl::StripAsciiWhitespace(value), "W/");
  return is_weak ? "" : EtagOf(value);
}

std::string MediaTypeOf(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value.substr(0, value.find(';')));
  const std::vector<absl::string_view> names = absl::StrSplit(value, '/');
  if (value.size() > limits::kMediaTypeCharsMax || names.size() != 2 ||
      !IsTypeName(names[0]) || !IsTypeName(names[1])) {
    return "";
  }
  return absl::AsciiStrToLower(value);
}

}  // namespace cvr
