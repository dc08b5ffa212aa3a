#ifndef GATEWAY_MESSAGE_HTTP_MESSAGE_H_
#define GATEWAY_MESSAGE_HTTP_MESSAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "services/common/chunk.h"
#include "services/network/http_fields.h"

// Requests and replies as the handlers see them: no socket, no server library.
namespace cvr {

struct HttpRequest {
  std::string method;
  std::string target;  // In origin form, not percent-decoded.
  std::string client;  // Its address, without the port.
  HttpFields fields;
  std::string body;  // Empty unless HttpServer::Options::before_body.
  // Whether limits by address have been applied, before the body was read.
  bool head_admitted = false;

  bool is_head() const { return method == "HEAD"; }
  bool is_read() const { return method == "GET" || is_head(); }
};

// The next bytes of a body, empty after the last. After an error the connection
// is closed short of the promised length.
using BodyStream = absl::AnyInvocable<absl::StatusOr<Chunk>()>;

struct PullRecord;

// A reply to GET; the server leaves the body away for HEAD. Content-Length,
// Connection and Date are the server's to write.
struct HttpReply {
  int status = 200;
  HttpFields fields;
  std::string body;   // Or:
  BodyStream stream;  // Of content_length bytes.
  // Absent = the size of `body`.
  std::optional<uint64_t> content_length;
  // What pull it answers, for the audit log; absent = none.
  std::shared_ptr<const PullRecord> pull;
  // A service behind this gateway could not be reached, so the same request may
  // succeed a moment later: what happened, for the log. Absent = that is not
  // so.
  std::optional<std::string> outage;
};

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_HTTP_MESSAGE_H_
