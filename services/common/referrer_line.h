#ifndef SERVICES_COMMON_REFERRER_LINE_H_
#define SERVICES_COMMON_REFERRER_LINE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// One manifest that refers to another, as a line of text in lists of them:
//
//   digest SP artifact-type SP descriptor
//
// The descriptor is its JSON text, in one line. The type stands before it so
// that lists can be filtered without reading JSON.
struct ReferrerLine {
  absl::string_view digest;         // `sha256:...`.
  absl::string_view artifact_type;  // Empty = it has none.
  absl::string_view descriptor;
};

// The line of `referrer`. An artifact type with spaces or characters that are
// not printable is left out.
std::string MakeReferrerLine(const ReferrerLine& referrer);

// The parts of `line`, which they refer to; nothing if it is not such a line.
std::optional<ReferrerLine> ParseReferrerLine(absl::string_view line);

}  // namespace cvr

#endif  // SERVICES_COMMON_REFERRER_LINE_H_
