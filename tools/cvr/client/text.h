#ifndef TOOLS_CVR_CLIENT_TEXT_H_
#define TOOLS_CVR_CLIENT_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "google/protobuf/timestamp.pb.h"

namespace cvr {

// Values as people read and type them.

// `4194304 (4.0 MiB)`; below 1 KiB only the bytes.
std::string SizeText(int64_t size_bytes);

// RFC 3339 in UTC, to the second; empty for the unset time.
std::string TimeText(const google::protobuf::Timestamp& time);

// `24h`, `1h30m`.
std::string DurationText(const google::protobuf::Duration& duration);

// `yes` or `no`.
std::string YesNo(bool value);

// Reads `24h`, `90m`, `1h30m`, `7d`, `0`.
// Errors: INVALID_ARGUMENT for anything else, also for what is negative or
// without end.
absl::StatusOr<google::protobuf::Duration> ParseDuration(
    absl::string_view text);

// Reads a time as RFC 3339 has it, `2026-11-25T06:00:00Z`, or as a duration
// before or after `now`.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<google::protobuf::Timestamp> ParseTimeBefore(
    absl::string_view text, absl::Time now);
absl::StatusOr<google::protobuf::Timestamp> ParseTimeAfter(
    absl::string_view text, absl::Time now);

// `VERDICT_KNOWN_NOT_FOUND` of the enum `Verdict` -> `known not found`. `value`
// is the name of a value, `type` that of its enum, which the value's may begin
// with or not.
std::string EnumText(absl::string_view value, absl::string_view type);

// The same of a value of a Protocol Buffers enum; its number when this program
// does not know it.
template <typename Enum>
std::string EnumText(Enum value) {
  const auto* const type = google::protobuf::GetEnumDescriptor<Enum>();
  const auto* const known = type->FindValueByNumber(value);
  if (known == nullptr) return absl::StrCat(static_cast<int>(value));
  return EnumText(known->name(), type->name());
}

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_TEXT_H_
