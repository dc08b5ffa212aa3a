#ifndef GATEWAY_NATIVE_REST_REQUEST_FIELDS_H_
#define GATEWAY_NATIVE_REST_REQUEST_FIELDS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"
#include "gateway/native_rest/route_table.h"
#include "google/protobuf/message.h"
#include "services/network/http_fields.h"

// Header fields of requests that stand for fields of messages, and the ETag of
// answers. All pure but for RequestIdOf().
namespace cvr::native_rest {

// Carries over to `request`, a message of `route`:
// * `If-Match` to its `etag`, or to that of the resource that is its body;
// * `Idempotency-Key` to its `request_id`.
// Errors: INVALID_ARGUMENT when the message has no such field or another value
// in it, when a value is not one entity tag or not a UUID, and for an
// If-None-Match with a method other than GET, which nothing would carry out.
absl::Status ApplyFields(const HttpFields& fields, const Route& route,
                         google::protobuf::Message& request);

// The value of ETag for an answer: its field `etag` in quotes. Empty when it
// has none, or one that cannot stand in a header field.
std::string EntityTagOf(const google::protobuf::Message& answer);

// Whether an If-None-Match field names `entity_tag`: RFC 9110, section 13.1.2.
// Weak tags count as strong ones.
bool NamesEntityTag(absl::string_view field, absl::string_view entity_tag);

// X-Request-Id as the client sent it, if it is at most 128 letters, digits,
// `.`, `_` and `-`; else a new UUID. It is safe in a header field and a log.
std::string RequestIdOf(const HttpFields& fields);

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_REQUEST_FIELDS_H_
