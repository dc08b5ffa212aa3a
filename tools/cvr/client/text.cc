#include "tools/cvr/client/text.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/common/time_wire.h"

namespace cvr {
namespace {

// What google.protobuf.Duration may hold: about 10 000 years.
constexpr absl::Duration kDurationMax = absl::Seconds(315576000000);

bool ParseDays(absl::string_view text, absl::Duration* duration) {
  uint32_t days = 0;
  if (!absl::ConsumeSuffix(&text, "d") || !absl::SimpleAtoi(text, &days)) {
    return false;
  }
  *duration = absl::Hours(24) * days;
  return true;
}

// `after` is 1 or -1.
absl::StatusOr<google::protobuf::Timestamp> ParseTime(absl::string_view text,
                                                      absl::Time now,
                                                      int after) {
  absl::Time time;
  std::string why;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &why)) {
    return ToWire(time);
  }
  const auto duration = ParseDuration(text);
  if (!duration.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid duration or time '", text,
                     "' (examples: 24h, 2026-11-25T06:00:00Z)"));
  }
  return ToWire(now + after * FromWire(*duration));
}

}  // namespace

std::string SizeText(int64_t size_bytes) {
  if (size_bytes < 1024) return absl::StrCat(size_bytes);
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB",
                                           "TiB", "PiB", "EiB"};
  double value = static_cast<double>(size_bytes) / 1024;
  const char* const* unit = kUnits;
  // What would be rounded to 1024.0 is shown in the next unit.
  for (; value >= 1023.95; ++unit) value /= 1024;
  return absl::StrFormat("%d (%.1f %s)", size_bytes, value, *unit);
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", FromWire(time),
                          absl::UTCTimeZone());
}

std::string DurationText(const google::protobuf::Duration& duration) {
  return absl::FormatDuration(FromWire(duration));
}

std::string EnumText(absl::string_view value, absl::string_view type) {
  std::string prefix;
  for (const char c : type) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  absl::ConsumePrefix(&value, prefix + "_");
  return absl::StrReplaceAll(absl::AsciiStrToLower(value), {{"_", " "}});
}

absl::StatusOr<google::protobuf::Timestamp> ParseTimeBefore(
    absl::string_view text, absl::Time now) {
  return ParseTime(text, now, -1);
}

absl::StatusOr<google::protobuf::Timestamp> ParseTimeAfter(
    absl::string_view text, absl::Time now) {
  return ParseTime(text, now, 1);
}

std::string YesNo(bool value) { return value ? "yes" : "no"; }

absl::StatusOr<google::protobuf::Duration> ParseDuration(
    absl::string_view text) {
  absl::Duration duration;
  if (!ParseDays(text, &duration) && !absl::ParseDuration(text, &duration)) {
    double number = 0;
    return absl::InvalidArgumentError(
        absl::SimpleAtod(text, &number)
            ? absl::StrCat("a duration needs a unit: '", text, "' (such as ",
                           text, "s)")
            : absl::StrCat("invalid duration '", text,
                           "' (examples: 5s, 24h, 90m, 7d, 0)"));
  }
  if (duration < absl::ZeroDuration() || duration > kDurationMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("duration out of range: '", text, "'"));
  }
  return ToWire(duration);
}

}  // namespace cvr
