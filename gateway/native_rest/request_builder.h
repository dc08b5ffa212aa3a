#ifndef GATEWAY_NATIVE_REST_REQUEST_BUILDER_H_
#define GATEWAY_NATIVE_REST_REQUEST_BUILDER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/native_rest/path_template.h"
#include "gateway/native_rest/route_table.h"
#include "google/protobuf/message.h"

// From a request over HTTP to the message of a method. All pure.
namespace cvr::native_rest {

// What a client has sent; views of the request.
struct RequestParts {
  std::vector<PathTemplate::Binding> bindings;
  absl::string_view query;  // Without the `?`.
  absl::string_view body;   // Empty = none.
};

// The message that `parts` stand for: AIP-127. Fields come from the body, as
// JSON; from the query (`page_size=5`, `key.group=acme`, repeated fields by
// repetition), unless the body or the path has them; and from the path. Without
// an `update_mask`, the mask of a PATCH has the fields that the body has, null
// among them: MaskOf().
// Errors: INVALID_ARGUMENT with a violation for each field that is unknown, has
// a bad value, is given twice, or excludes another one; for a secret in the
// query, since queries end in logs; for more than 256 parameters, and for a
// body that is not JSON or is nested too deeply.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> BuildRequest(
    const Route& route, const RequestParts& parts);

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_REQUEST_BUILDER_H_
