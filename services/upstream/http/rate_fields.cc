#include "services/upstream/http/rate_fields.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace cvr {
namespace {

constexpr absl::Duration kWindowDefault = absl::Hours(1);
// Nobody counts for longer, and nobody grants more.
constexpr int64_t kWindowSecondsMax = 366 * 24 * 3600;
constexpr int64_t kRequestsMax = int64_t{1} << 40;

// Digits only; nothing above `max`.
std::optional<int64_t> ParseCount(absl::string_view text, int64_t max) {
  text = absl::StripAsciiWhitespace(text);
  int64_t value = 0;
  const bool is_number =
      !text.empty() &&
      std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
      absl::SimpleAtoi(text, &value) && value <= max;
  return is_number ? std::optional(value) : std::nullopt;
}

struct Item {
  int64_t count = 0;
  std::optional<absl::Duration> window;
};

// `100;w=21600`, up to a comma.
std::optional<Item> ParseItem(absl::string_view value) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(value.substr(0, value.find(',')), ';');
  const auto count = ParseCount(parts[0], kRequestsMax);
  if (!count) return std::nullopt;
  Item item = {*count};
  for (size_t i = 1; i < parts.size(); ++i) {
    absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
    if (!absl::ConsumePrefix(&parameter, "w=")) continue;
    const auto seconds = ParseCount(parameter, kWindowSecondsMax);
    if (seconds && *seconds > 0) item.window = absl::Seconds(*seconds);
  }
  return item;
}

}  // namespace

std::optional<RateFields> ParseRateFields(const HttpFields& fields) {
  const auto limit = ParseItem(fields.First("RateLimit-Limit"));
  const auto remaining = ParseItem(fields.First("RateLimit-Remaining"));
  if (!limit || !remaining || limit->count == 0) return std::nullopt;
  const absl::Duration window =
      limit->window.value_or(remaining->window.value_or(kWindowDefault));
  return RateFields{limit->count, std::min(remaining->count, limit->count),
                    window};
}

}  // namespace cvr
