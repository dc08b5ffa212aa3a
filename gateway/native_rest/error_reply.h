#ifndef GATEWAY_NATIVE_REST_ERROR_REPLY_H_
#define GATEWAY_NATIVE_REST_ERROR_REPLY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"

// The only place that turns errors into answers of the native REST API:
// `{"error":{"code":404,"message":"...","status":"NOT_FOUND","details":[...]}}`
// (AIP-193). Details are those of google.rpc, but for DebugInfo. All pure.
namespace cvr::native_rest {

// The reply for `status`, which is not OK: the HTTP status by its code, 412 for
// the reason ETAG_MISMATCH, Retry-After by RetryInfo, WWW-Authenticate with
// 401. What a service that cannot be reached leads to is told without its
// address.
HttpReply ErrorReply(const absl::Status& status);

// 404: there is nothing at the path.
HttpReply NoSuchPathReply();
// 405, naming what the path can be asked.
HttpReply WrongMethodReply(const std::vector<std::string>& methods);
// 415: the body is not application/json.
HttpReply UnsupportedTypeReply();
// An error of HTTP itself, such as 413.
HttpReply ProtocolErrorReply(int http_status, absl::string_view message);

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_ERROR_REPLY_H_
