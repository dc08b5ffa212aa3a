#ifndef SERVICES_COMMON_UTF8_H_
#define SERVICES_COMMON_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace cvr {

// Whether `text` is UTF-8 as RFC 3629 has it: `string` fields of
// protobuf and JSON hold no other text. Pure.
bool IsUtf8(absl::string_view text);

// How many characters (code points) `text` has, which must be UTF-8. Pure.
size_t Utf8Length(absl::string_view text);

// As much of `text`, which must be UTF-8, as fits into `bytes_max` bytes and
// ends with a whole character. Pure.
absl::string_view Utf8Prefix(absl::string_view text, size_t bytes_max);

}  // namespace cvr

#endif  // SERVICES_COMMON_UTF8_H_
