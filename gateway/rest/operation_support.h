#ifndef GATEWAY_REST_OPERATION_SUPPORT_H_
#define GATEWAY_REST_OPERATION_SUPPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/registry.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "gateway/rest/rest_call.h"
#include "google/protobuf/timestamp.pb.h"

// Helpers for the operations of several resources. Errors are those of the
// services.
namespace cvr::rest {

// Look up the object that the path names. Errors: NOT_FOUND.
absl::Status RequireGroup(const RestCall& call, const std::string& name);
absl::StatusOr<v1::Registry> GetRegistry(const RestCall& call, int64_t id);
absl::StatusOr<v1::Upstream> GetUpstream(const RestCall& call, int64_t id);

// Everything that is on the pages of a list.
absl::StatusOr<std::vector<v1::Upstream>> ListAllUpstreams(
    const RestCall& call, v1::ListUpstreamsRequest request);

// If `status` has `code`: REST's error `text` about `field`; else `status`.
absl::Status AsFieldError(const absl::Status& status, absl::StatusCode code,
                          const std::string& field, const std::string& text);

// ABORTED if the request has an If-Unmodified-Since header and the object was
// changed after that time. Times are compared in whole seconds, like those of
// HTTP. An invalid time is ignored (RFC 9110, section 13.1.4).
absl::Status CheckUnmodified(const RestCall& call,
                             const google::protobuf::Timestamp& update_time);

// `etag` if the request has the condition that the object must be unchanged, so
// that a deletion is bound to it; empty otherwise.
std::string EtagToInsistOn(const RestCall& call, const std::string& etag);

RestAnswer Answer(Json body);
RestAnswer Created(Json body);
RestAnswer NoContent();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_OPERATION_SUPPORT_H_
