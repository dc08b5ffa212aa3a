#ifndef SERVICES_NETWORK_PERCENT_ENCODING_H_
#define SERVICES_NETWORK_PERCENT_ENCODING_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// RFC 3986, section 2.1. All pure.
namespace cvr {

// `text` with everything but the unreserved characters (section 2.3) encoded,
// in capital hex digits: fit for one segment of a path, or for one name or
// value of a query.
std::string PercentEncode(absl::string_view text);

// `text` decoded once; it may hold any byte then, NUL included. Absent when a
// `%` is not followed by two hex digits. A `+` stands for itself.
std::optional<std::string> PercentDecode(absl::string_view text);

}  // namespace cvr

#endif  // SERVICES_NETWORK_PERCENT_ENCODING_H_
