#ifndef GATEWAY_REST_REST_ERROR_H_
#define GATEWAY_REST_REST_ERROR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"

// The only place that turns errors into answers of REST. Pure, but for a line
// in the log where the answer does not tell.
namespace cvr::rest {

// The reply for `status`, which is not OK. INVALID_ARGUMENT is of the data when
// it names fields, `{"message":{"name":["must be set"]}}`, and of the request
// when it does not, `{"error":"page is invalid"}`. A limit that is reached is
// of the data, too; any other RESOURCE_EXHAUSTED is 429.
HttpReply ErrorReply(const absl::Status& status);

// `{"error":"404 Not Found"}`: there is nothing at the path.
HttpReply NoSuchPathReply();
// 405, naming what the path can be asked.
HttpReply WrongMethodReply(const std::vector<std::string>& methods);
// 415.
HttpReply UnsupportedTypeReply(absl::string_view content_type);
// An error of HTTP itself, such as 413.
HttpReply ProtocolErrorReply(int http_status, absl::string_view message);

}  // namespace cvr::rest

#endif  // GATEWAY_REST_REST_ERROR_H_
