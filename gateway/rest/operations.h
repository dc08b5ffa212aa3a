#ifndef GATEWAY_REST_OPERATIONS_H_
#define GATEWAY_REST_OPERATIONS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/rest/rest_call.h"
#include "google/protobuf/timestamp.pb.h"
#include "protos/cvr/v1/registry.pb.h"
#include "protos/cvr/v1/upstream.pb.h"

// What operations of several resources share. Errors are those of the services.
namespace cvr::rest {

// What the path names. NOT_FOUND.
absl::Status RequireGroup(const RestCall& call, const std::string& name);
absl::StatusOr<v1::Registry> GetRegistry(const RestCall& call, int64_t id);
absl::StatusOr<v1::Upstream> GetUpstream(const RestCall& call, int64_t id);

// `status` with what REST says of the field instead, if it has that code.
absl::Status AsFieldError(const absl::Status& status, absl::StatusCode code,
                          const std::string& field, const std::string& text);

// ABORTED when the request asks, with If-Unmodified-Since, for something that
// was not changed since a time, and this was. Times count in whole seconds, as
// HTTP has them. What is no time is ignored: RFC 9110, section 13.1.4.
absl::Status CheckUnmodified(const RestCall& call,
                             const google::protobuf::Timestamp& update_time);

// The etag that a deletion has to insist on; empty when there is no such wish.
std::string EtagToInsistOn(const RestCall& call, const std::string& etag);

RestAnswer Answer(Json body);
RestAnswer Created(Json body);
RestAnswer NoContent();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_OPERATIONS_H_
