#ifndef GATEWAY_REGISTRY_HTTP_ERROR_H_
#define GATEWAY_REGISTRY_HTTP_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"

// The only place that turns errors into HTTP.
namespace cvr {

// The reply for `status`, which is not OK, with an OCI error body
// (distribution-spec, "Error Codes"). 401 only when we do not know the client
// (reason UNAUTHENTICATED), and never because an upstream refused our own
// credentials; the challenge is for the caller to add. The text is fit for
// strangers: an error without a reason of ours gets a fixed sentence, since its
// message may tell of our insides, and goes to the log instead.
HttpReply ErrorReply(const absl::Status& status);

// The reply for an error of finding out who asks. As above, but for
// RESOURCE_EXHAUSTED: 429.
HttpReply AccessErrorReply(const absl::Status& status);

// An error of HTTP itself, such as 414, in the same form.
HttpReply ProtocolErrorReply(int http_status, absl::string_view message);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_HTTP_ERROR_H_
