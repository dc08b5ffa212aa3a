#ifndef TOOLS_CVR_CLIENT_TTL_TEXT_H_
#define TOOLS_CVR_CLIENT_TTL_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/duration.pb.h"

namespace cvr {

// What a duration of the cache policy holds for "for ever": the longest one
// that is valid.
inline constexpr int64_t kForeverSeconds = 315576000000;

// Reads how long something cached is used: as ParseDuration(), with the word
// `forever`. 0 = not at all.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<google::protobuf::Duration> ParseTtl(absl::string_view text);

// As ParseTtl() reads it: `24h`, `0`, `forever`.
std::string TtlText(const google::protobuf::Duration& ttl);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_TTL_TEXT_H_
