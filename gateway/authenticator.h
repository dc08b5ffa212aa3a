#ifndef GATEWAY_AUTHENTICATOR_H_
#define GATEWAY_AUTHENTICATOR_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gateway/caller_cache.h"
#include "gateway/http_message.h"
#include "gateway/login.h"
#include "gateway/rate_limiter.h"
#include "gateway/trust_watch.h"
#include "services/common/caller.h"
#include "services/common/clock.h"
#include "services/common/token_access.h"
#include "services/metadata/auth_client.h"

namespace cvr {

// From what a request shows to who asks. Tokens are verified here, without a
// call; secrets are asked about, and remembered for a few seconds. Thread-safe.
class Authenticator {
 public:
  struct Options {
    std::string service;  // The audience of tokens.
    // How long a secret counts without being asked about again: so long a
    // revoked one may go on.
    absl::Duration secret_lifetime = absl::Seconds(3);
    size_t cached_max = 16384;
    // Of refused secrets, by client.
    RateLimiter::Options failures = {0.5, 30};
    TrustWatch::Options trust;
  };

  // All must outlive it.
  Authenticator(AuthClient& client, const Options& options, const Clock& clock);

  // Who sends `request`, and what the credential opens; anonymous when it shows
  // nothing. `client` is whom
  // failures count against. Errors: UNAUTHENTICATED for what is not good;
  // RESOURCE_EXHAUSTED with Retry-After when the client has failed too often:
  // then secrets that were not good a moment ago are not even looked at;
  // UNAVAILABLE.
  absl::StatusOr<Login> Authenticate(const HttpRequest& request,
                                     absl::string_view client);

  // The same for a secret alone.
  absl::StatusOr<Caller> AuthenticateSecret(const std::string& secret,
                                            absl::string_view client);

  // A token for whoever `secret` belongs to, or for nobody when it is empty,
  // that opens what of `wanted` that caller may have. Errors: as above.
  absl::StatusOr<IssuedToken> IssueToken(absl::string_view secret,
                                         absl::string_view client,
                                         absl::Span<const TokenAccess> wanted);

  const std::string& service() const { return options_.service; }

 private:
  absl::StatusOr<Login> LoginOfJwt(const std::string& token);
  absl::StatusOr<std::string> Verify(const std::string& token);
  absl::Status CheckFailures(absl::string_view client);
  void NoteOutcome(const absl::Status& status, absl::string_view client);

  AuthClient& client_;
  const Options options_;
  const Clock& clock_;
  CallerCache secrets_;
  CallerCache tokens_;
  RateLimiter failures_;
  TrustWatch trust_;
};

}  // namespace cvr

#endif  // GATEWAY_AUTHENTICATOR_H_
