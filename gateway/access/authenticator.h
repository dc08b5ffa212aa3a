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

  // The sender of `request`, and what the credential allows; anonymous if the
  // request has no credential. Failures count against `client`. Errors:
  // UNAUTHENTICATED for an invalid credential; RESOURCE_EXHAUSTED with
  // Retry-After for an invalid credential that was sent too often, or by a
  // client that sent too many of them (the message says which); UNAVAILABLE. A
  // valid secret is admitted whatever others behind the same address send,
  // unless they send more than `proofs` unknown secrets and the valid one was
  // not sent here for a day.
  absl::StatusOr<Login> Authenticate(const HttpRequest& request,
                                     absl::string_view client);

  // The same for a secret alone.
  absl::StatusOr<Caller> AuthenticateSecret(const std::string& secret,
                                            absl::string_view client);

  // Issues a token for the owner of `secret`, or an anonymous one if it is
  // empty. The token allows the part of `wanted` that the owner may have.
  // Errors: as above.
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
  // The error for an invalid secret.
  absl::Status Refusal(absl::string_view secret, absl::string_view client);

  TokenAuthority& authority_;
  const Options options_;
  const Clock& clock_;
  CallerCache secrets_;
  CallerCache tokens_;
  // For the following two only the presence of a secret counts, not its Login.
  CallerCache refused_;
  CallerCache proven_;
  RateLimiter client_failures_;
  RateLimiter secret_failures_;  // By SHA-256.
  RateLimiter proofs_;
  TrustWatch trust_;
};

}  // namespace cvr

#endif  // GATEWAY_ACCESS_AUTHENTICATOR_H_
