#ifndef GATEWAY_REST_OPENAPI_TEXT_H_
#define GATEWAY_REST_OPENAPI_TEXT_H_

#include "absl/strings/string_view.h"

namespace cvr::rest {

// openapi.json, as it was when this was built.
absl::string_view OpenApiText();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_OPENAPI_TEXT_H_
