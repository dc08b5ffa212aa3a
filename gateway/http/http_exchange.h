#ifndef GATEWAY_HTTP_HTTP_EXCHANGE_H_
#define GATEWAY_HTTP_HTTP_EXCHANGE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/http/access_log.h"
#include "gateway/http/request_body.h"
#include "gateway/message/http_message.h"
#include "gateway/message/request_head.h"
#include "httplib.h"

// Between our messages and the server library's.
namespace cvr {

// One request and its reply, on their way.
struct Exchange {
  // As it was read; its fields are moved to `request`.
  RequestHead head;
  std::optional<HeadError> head_error;
  // While the body comes, and what became of it.
  std::optional<RequestBody> body;
  RequestBody::State body_state = RequestBody::State::kMore;

  // What the handlers get to see.
  HttpRequest request;
  absl::Time begun_at;  // By SteadyTime().
  std::optional<HttpReply> reply;
  bool close = false;       // The connection ends after this reply.
  uint64_t body_bytes = 0;  // Sent.
  absl::Status broken_off;  // Why the body ended early.
};

// What the access log gets of an exchange whose reply has been sent, at `now`
// by SteadyTime().
AccessRecord RecordOf(const Exchange& exchange, absl::Time now);

// Puts the reply's status and body into `response`. `exchange` must live until
// the library has sent it.
void WriteReply(Exchange& exchange, httplib::Response& response);

// Puts all fields into `response`, and takes out those that the library has
// added by itself: Accept-Ranges on any HEAD, a Content-Length of 0 on 304. To
// be called last.
void WriteFields(const Exchange& exchange, httplib::Response& response);

}  // namespace cvr

#endif  // GATEWAY_HTTP_HTTP_EXCHANGE_H_
