#ifndef SERVICES_UPSTREAM_AUTH_TOKEN_CLIENT_H_
#define SERVICES_UPSTREAM_AUTH_TOKEN_CLIENT_H_

#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "services/concurrency/clock.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/auth/authorization_cache.h"
#include "services/upstream/http/hop_runner.h"
#include "services/upstream/http/url.h"

namespace cvr {

// `Basic ...` for the upstream's credentials; empty when it has none. Secret.
std::string BasicAuthorization(const UpstreamAccess& access);

struct TokenRequest {
  Url realm;
  std::string service;  // Empty = not sent.
  std::string scope;    // May name several, separated by spaces.
  // Shown to the realm's origin only; empty = anonymously.
  std::string authorization;
  std::function<TlsAccess(const Url&)> tls_for;
  std::stop_token cancel = {};  // As HttpCall's.
};

// Exchanges credentials, or none, for bearer tokens: the registry's "Token
// Authentication Specification". Thread-safe; what it is made of must outlive
// it.
class TokenClient {
 public:
  TokenClient(HopRunner* hops, const Clock* clock)
      : hops_(hops), clock_(clock) {}

  // `Bearer ...`, to be used for four fifths of the token's life (60 s when the
  // answer does not say).
  // Errors: PERMISSION_DENIED (reason UPSTREAM_REFUSED) for 401 and 403;
  // RESOURCE_EXHAUSTED for 429; CANCELLED; UNAVAILABLE for everything else.
  absl::StatusOr<Authorization> Fetch(const TokenRequest& request);

 private:
  HopRunner* const hops_;
  const Clock* const clock_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_AUTH_TOKEN_CLIENT_H_
