#ifndef GATEWAY_ACCESS_ACCESS_CONTROL_H_
#define GATEWAY_ACCESS_ACCESS_CONTROL_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/access/authenticator.h"
#include "gateway/access/login.h"
#include "gateway/access/token_handler.h"
#include "gateway/http/client_address.h"
#include "gateway/http/rate_limiter.h"
#include "gateway/message/http_message.h"
#include "gateway/registry/route.h"
#include "services/access/caller.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/retry_loop.h"
#include "services/metadata/api/token_authority.h"

namespace cvr {

// Authenticates and rate limits every request under `/v2/` and for `/jwt/auth`
// before a handler sees it. It turns the Authorization header into a Caller,
// delays or refuses clients that send too many requests, and builds the 401
// response with the WWW-Authenticate challenge that tells a client where to get
// a token.
//
// It protects the metadata service from floods and from password guessing. It
// does not decide what a caller may do: that is AccessPolicy, which
// LocalResolver asks. Requests for `/api/` only use Admit(), because RestApi
// has its own order of checks; health endpoints must work without credentials
// and use nothing of it. Thread-safe.
class AccessControl {
 public:
  struct Options {
    // Not owned; must outlive the gateway. None = there is no access control:
    // everybody is anonymous, and no token endpoint.
    TokenAuthority* auth = nullptr;
    Authenticator::Options authenticator;
    // How targets and scopes are read; set by the gateway.
    RouteOptions routes;
    // Where clients reach us, such as `https://cvr.example.com`, without a
    // path; empty = as they say themselves.
    std::string external_url;
    TrustedProxies trusted_proxies;
    // Requests by client, all together.
    RateLimiter::Options requests = {0, 1};
    // A request over the limit waits so long rather than be refused, since some
    // clients ask again at once.
    absl::Duration wait_max = absl::Seconds(2);
    int waiting_max = 128;  // At once.
  };

  // `options.auth` is there. `clock` must outlive it.
  AccessControl(const Options& options, const Clock& clock);

  // What makes the reply for who was let in: the target is parsed here, once
  // for each request, since that may ask another service.
  using Handler = absl::FunctionRef<HttpReply(
      const Caller&, const absl::StatusOr<ParsedTarget>&)>;

  // `request` is for the token endpoint, or under `/v2/`: then `handler` makes
  // the reply, unless the client is refused, or shows a short-lived token that
  // was not issued for what it asks. `own_url` is a scheme and an address. A
  // 401 gets its challenge here, with the scope to ask for.
  HttpReply Handle(const HttpRequest& request, absl::string_view own_url,
                   Handler handler);

  // For a request to the token endpoint before its body is read: whether its
  // address may ask. Errors: RESOURCE_EXHAUSTED with Retry-After. The request
  // is `head_admitted` from then on.
  absl::Status AdmitHead(const HttpRequest& request);

  // For requests elsewhere, which show `secret`: the address of who asks. Wrong
  // secrets are counted as wrong logins are. Errors: UNAUTHENTICATED,
  // RESOURCE_EXHAUSTED with Retry-After, UNAVAILABLE.
  absl::StatusOr<std::string> Admit(const HttpRequest& request,
                                    const std::string& secret);

  // Ends every wait, now and later.
  void Stop() { sleeper_.Stop(); }

 private:
  std::string ClientAddressOf(const HttpRequest& request) const;
  // `request`'s target. While names cannot be asked about, those that the token
  // was issued for are known.
  absl::StatusOr<ParsedTarget> ParseFor(const HttpRequest& request,
                                        const Login& login) const;
  absl::Status Throttle(const HttpRequest& request, absl::string_view client);

  const Options options_;
  Authenticator authenticator_;
  TokenHandler tokens_;
  RateLimiter requests_;
  StoppableSleeper sleeper_;
  Mutex mutex_;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Whether `target` is the token endpoint. Pure.
bool IsTokenTarget(absl::string_view target);

}  // namespace cvr

#endif  // GATEWAY_ACCESS_ACCESS_CONTROL_H_
