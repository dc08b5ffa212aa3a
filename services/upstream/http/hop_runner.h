#ifndef SERVICES_UPSTREAM_HTTP_HOP_RUNNER_H_
#define SERVICES_UPSTREAM_HTTP_HOP_RUNNER_H_

#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/http/http_transport.h"
#include "services/upstream/http/url.h"

namespace cvr {

// What one request may show to the hosts that it comes by.
class HopGuard {
 public:
  virtual ~HopGuard() = default;

  // The value of Authorization for `url`; empty = none.
  virtual std::string AuthorizationFor(const Url& url) = 0;

  // `url` answered 401 with `head`. The value to try once more with; nothing
  // when there is no better one. An error ends the request.
  virtual absl::StatusOr<std::optional<std::string>> OnChallenge(
      const Url& url, const HttpHead& head) = 0;

  // `url` answered 401 or 403, with `head`, to what AuthorizationFor() gave.
  // Whether that was remembered from earlier and is forgotten now, so that the
  // request is made once more without anything, and the challenge that follows
  // is the one that counts.
  virtual bool ForgetRejected(const Url& /*url*/, const HttpHead& /*head*/) {
    return false;
  }

  virtual TlsAccess TlsFor(const Url& url) = 0;
};

// Receives the body of a final answer with a status of 2xx.
class HopReceiver {
 public:
  virtual ~HopReceiver() = default;
  virtual absl::Status OnHead(const Url& url, const HttpHead& head) = 0;
  virtual absl::Status OnBytes(absl::string_view bytes) = 0;
};

struct HopRequest {
  HttpCall::Method method = HttpCall::Method::kGet;
  Url url;
  HttpFields fields;  // Sent on every hop, so nothing secret.
  // Whether what comes is held against a digest. If not, a redirect from https
  // to http is refused: anybody on the way could change the answer.
  bool is_verified = false;
  // As HttpCall's, for each hop.
  std::stop_token cancel = {};
  absl::Duration timeout = absl::InfiniteDuration();
};

struct HopAnswer {
  Url url;  // That gave the answer.
  HttpHead head;
};

// Performs a request, following redirects (301, 302, 303, 307, 308) by hand, at
// most limits::kRedirectsMax of them, and answering each hop's challenge at
// most once. Thread-safe; `transport` must outlive it.
class HopRunner {
 public:
  explicit HopRunner(HttpTransport* transport) : transport_(transport) {}

  // The last hop's answer, of any status that is no redirect; `receiver` has
  // seen it only when it is 2xx. Errors: those of HttpTransport, `guard` and
  // `receiver`; UNAVAILABLE (reason UPSTREAM_INVALID) for a redirect that
  // cannot be followed.
  absl::StatusOr<HopAnswer> Run(HopRequest request, HopGuard& guard,
                                HopReceiver& receiver);

 private:
  // One hop, with its second try after a challenge.
  absl::StatusOr<HttpHead> RunHop(const HopRequest& request, HopGuard& guard,
                                  HopReceiver& receiver);
  absl::StatusOr<HttpHead> Ask(const HopRequest& request,
                               const std::string& authorization,
                               HopGuard& guard, HopReceiver& receiver);

  HttpTransport* const transport_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_HOP_RUNNER_H_
