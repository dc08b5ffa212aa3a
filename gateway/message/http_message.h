#ifndef GATEWAY_MESSAGE_HTTP_MESSAGE_H_
#define GATEWAY_MESSAGE_HTTP_MESSAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/chunk.h"

// Requests and replies as the handlers see them: no socket, no server library.
namespace cvr {

// Header fields in order; names compare without case.
class HttpFields {
 public:
  using Field = std::pair<std::string, std::string>;

  void Add(absl::string_view name, absl::string_view value) {
    fields_.emplace_back(name, value);
  }

  // All values of `name`, joined by `, ` (RFC 9110, section 5.3). Absent when
  // there is no such field.
  std::optional<std::string> Get(absl::string_view name) const {
    std::optional<std::string> joined;
    for (const auto& [field, value] : fields_) {
      if (!absl::EqualsIgnoreCase(field, name)) continue;
      joined = joined ? absl::StrCat(*joined, ", ", value) : value;
    }
    return joined;
  }

  std::vector<Field>::const_iterator begin() const { return fields_.begin(); }
  std::vector<Field>::const_iterator end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

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
