#ifndef SERVICES_ACCESS_CALLER_CLAIMS_H_
#define SERVICES_ACCESS_CALLER_CLAIMS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/access/caller.h"
#include "services/access/token_access.h"

namespace cvr {

// What a short-lived token says: who the caller is, what the token opens for
// it, and until when that counts. On the wire it is the claims of a JSON Web
// Token (RFC 7519, section 4.1).
struct CallerClaims {
  Caller caller;
  // The claim `access` of Docker's token specification. Tokens of an earlier
  // revision have none, and open nothing.
  std::vector<TokenAccess> access;
  std::string audience;  // The service that it is good at.
  absl::Time issued_at;
  absl::Time expires_at;
};

// Clocks of different machines may differ by so much.
inline constexpr absl::Duration kClockSkewMax = absl::Seconds(30);

std::string ToJson(const CallerClaims& claims);

// Errors: UNAUTHENTICATED when they are for another audience, have expired, are
// not valid yet, or are none of ours.
absl::StatusOr<CallerClaims> ParseCallerClaims(absl::string_view json,
                                               absl::string_view audience,
                                               absl::Time now);

}  // namespace cvr

#endif  // SERVICES_ACCESS_CALLER_CLAIMS_H_
