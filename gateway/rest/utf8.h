#ifndef GATEWAY_REST_UTF8_H_
#define GATEWAY_REST_UTF8_H_

#include "absl/strings/string_view.h"

namespace cvr::rest {

// Whether `text` is UTF-8 as RFC 3629 has it: gRPC carries no other text.
bool IsUtf8(absl::string_view text);

}  // namespace cvr::rest

#endif  // GATEWAY_REST_UTF8_H_
