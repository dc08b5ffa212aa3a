#ifndef GATEWAY_MESSAGE_URL_TEXT_H_
#define GATEWAY_MESSAGE_URL_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// RFC 3986, section 2.1, decoded once. Absent when a `%` is not followed by two
// hex digits, or the outcome holds anything but visible ASCII: no name, tag or
// digest needs more, and so no NUL, control byte or broken UTF-8 gets further.
std::optional<std::string> DecodeSegment(absl::string_view segment);

// `text` for logs and error messages: visible ASCII and spaces stay, but for
// `"` and `\`; everything else becomes \xNN. Cut to `bytes_max` of `text`, with
// `...` after it.
std::string Printable(absl::string_view text, size_t bytes_max);

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_URL_TEXT_H_
