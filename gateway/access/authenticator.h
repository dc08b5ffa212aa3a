#ifndef GATEWAY_ACCESS_AUTHENTICATOR_H_
#define GATEWAY_ACCESS_AUTHENTICATOR_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gateway/access/caller_cache.h"
#include "gateway/access/login.h"
#include "gateway/access/trust_watch.h"
#include "gateway/http/rate_limiter.h"
#include "gateway/message/http_message.h"
#include "services/access/caller.h"
#include "services/access/token_access.h"
#include "services/concurrency/clock.h"
#include "services/metadata/api/token_authority.h"

namespace cvr {

// Finds out who sent a request, from its Authorization header. Bearer tokens
// (JWT) are verified locally with the keys of TrustWatch. Access tokens
// (`cvr_...`) are checked by the metadata service; valid ones are cached for a
// few seconds, which is also how long a revoked one may still work.
//
// Failed checks count against the client's address and against the secret, to
// stop password guessing. It answers who a caller is, never what the caller may
// do: do not use it for authorization. Thread-safe.
class Authenticator {
 public:
  struct Options {
    std::string service;  // The audience of tokens.
    // How long a secret counts without being asked about again: so long a
    // revoked one may go on.
    absl::Duration secret_lifetime = absl::Seconds(3);
    size_t cached_max = 16384;
    // So long a refused secret is refused again without being asked about.
    absl::Duration refusal_lifetime = absl::Seconds(3);
    // Secrets that were good within that time are always asked about.
    absl::Duration proven_lifetime = absl::Hours(24);
    // How many refused secrets one client may show, and how often one refused
    // secret may be shown, until the answer is RESOURCE_EXHAUSTED.
    RateLimiter::Options failures = {0.5, 30};
    // Questions about secrets that are not known here, for one client beyond
    // that: a good one is proven before the limit counts, but a client that
    // tries out secrets must not keep the metadata service busy.
    RateLimiter::Options proofs = {100, 200};
    TrustWatch::Options trust;
  };

  // All must outlive it.
  Authenticator(TokenAuthority& client, const Options& options,
                const Clock& clock);

  // Who sends `request`, and what the credential opens; anonymous when it shows
  // nothing. `client` is whom failures count against. Errors: UNAUTHENTICATED
  // for what is not good; RESOURCE_EXHAUSTED with Retry-After for what is not
  // good and was shown too often, or is one of too many of the client's, which
  // the message tells; UNAVAILABLE. A good secret is admitted whatever others
  // behind the same address show, unless they show more than `proofs` unknown
  // ones and it was not shown here for a day.
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
  // Whether the metadata service may be asked about the secret.
  absl::Status CheckMayAsk(absl::string_view secret, absl::string_view client);
  // Notes what it answered.
  absl::Status Noted(const absl::Status& status, absl::string_view secret,
                     absl::string_view client);
  // What is said of a secret that is not good.
  absl::Status Refusal(absl::string_view secret, absl::string_view client);

  TokenAuthority& authority_;
  const Options options_;
  const Clock& clock_;
  CallerCache secrets_;
  CallerCache tokens_;
  // Of the following two, nothing but that the secret is there counts.
  CallerCache refused_;
  CallerCache proven_;
  RateLimiter client_failures_;
  RateLimiter secret_failures_;  // By SHA-256.
  RateLimiter proofs_;
  TrustWatch trust_;
};

}  // namespace cvr

#endif  // GATEWAY_ACCESS_AUTHENTICATOR_H_
