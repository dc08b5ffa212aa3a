#ifndef TOOLS_CVR_CLIENT_VALIDITY_TEXT_H_
#define TOOLS_CVR_CLIENT_VALIDITY_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/duration.pb.h"

namespace cvr {

// How long a copy is used without asking: as ParseDuration(), with `never` for
// 0, after which nobody asks, and `always` for the shortest one.
absl::StatusOr<google::protobuf::Duration> ParseValidity(
    absl::string_view text);
// `for ever` for 0, `always asked for` for less than a microsecond.
std::string ValidityText(const google::protobuf::Duration& validity);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_VALIDITY_TEXT_H_
