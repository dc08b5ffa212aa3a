#ifndef GATEWAY_NATIVE_REST_OPENAPI_TEXT_H_
#define GATEWAY_NATIVE_REST_OPENAPI_TEXT_H_

#include "absl/strings/string_view.h"

namespace cvr::native_rest {

// The OpenAPI document, as openapi.py made it of the protos when this was
// built.
absl::string_view OpenApiText();

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_OPENAPI_TEXT_H_
