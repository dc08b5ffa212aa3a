#ifndef TOOLS_CVR_CLIENT_TEXT_H_
#define TOOLS_CVR_CLIENT_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
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

// `PENDING_DELETION` -> `pending deletion`.
std::string EnumText(absl::string_view name);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_TEXT_H_
