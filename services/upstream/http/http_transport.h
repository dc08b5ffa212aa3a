#ifndef SERVICES_UPSTREAM_HTTP_HTTP_TRANSPORT_H_
#define SERVICES_UPSTREAM_HTTP_HTTP_TRANSPORT_H_

#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/http/http_fields.h"
#include "services/upstream/http/url.h"

namespace cvr {

struct HttpCall {
  enum class Method { kGet, kHead };

  Method method = Method::kGet;
  Url url;
  HttpFields fields;  // Authorization included.
  TlsAccess tls;
  // Ends the call at once, wherever it is, with CANCELLED.
  std::stop_token cancel = {};
  // For the whole answer, not counting the receiver's time: a bound for small
  // ones. Large ones have one on their rate.
  absl::Duration timeout = absl::InfiniteDuration();
};

struct HttpHead {
  int status = 0;
  HttpFields fields;
};

// Receives an answer, on the thread that asked for it.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  // Once, before any bytes. An error ends the transfer.
  virtual absl::Status OnHead(const HttpHead& head) = 0;
  // `bytes` is valid during the call only. An error ends the transfer.
  virtual absl::Status OnBytes(absl::string_view bytes) = 0;
};

// One HTTP request and its answer, whatever the status: no redirects, no
// authentication, no decoding. Thread-safe.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  // Blocks until the answer is complete. OK only when the whole body came.
  // Errors, naming host and port but never the rest of the URL:
  //   UNAVAILABLE        connect, DNS, TLS, timeouts, a body that breaks off
  //                      (reason UPSTREAM_UNAVAILABLE); no HTTP at all
  //                      (UPSTREAM_INVALID)
  //   PERMISSION_DENIED  an address that is not allowed (reason DENIED)
  //   CANCELLED          the call's own token said so
  //   those of `receiver`, unchanged
  virtual absl::Status Perform(const HttpCall& request,
                               HttpReceiver& receiver) = 0;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_HTTP_TRANSPORT_H_
