#ifndef SERVICES_COMMON_UTF8_H_
#define SERVICES_COMMON_UTF8_H_

#include "absl/strings/string_view.h"

namespace cvr {

// Whether `text` is UTF-8 as RFC 3629 has it: `string` fields of
// protobuf and JSON hold no other text. Pure.
bool IsUtf8(absl::string_view text);

}  // namespace cvr

#endif  // SERVICES_COMMON_UTF8_H_
