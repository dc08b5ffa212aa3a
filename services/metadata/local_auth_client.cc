#include "services/metadata/local_auth_client.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/caller_claims.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// Keys change by themselves, too.
constexpr absl::Duration kLookAgainAfter = absl::Seconds(5);

// Follows from the content alone, so that a service which was started anew
// does not call something else by the same number.
uint64_t VersionOf(const Trust& trust) {
  std::string content;
  for (const auto& [id, key] : trust.keys) absl::StrAppend(&content, id, ";");
  for (const int64_t id : trust.revoked_token_ids) {
    absl::StrAppend(&content, id, ",");
  }
  const Digest digest = Digest::OfBytes(content);
  uint64_t version = 0;
  for (int i = 0; i < 8; ++i) {
    version = version << 8 | static_cast<uint8_t>(digest.raw()[i]);
  }
  return std::max<uint64_t>(version, 1);
}

}  // namespace

absl::StatusOr<Caller> LocalAuthClient::Authenticate(absl::string_view secret) {
  return tokens_.Authenticate(secret);
}

absl::StatusOr<IssuedToken> LocalAuthClient::IssueToken(
    absl::string_view secret, absl::string_view audience) {
  CallerClaims claims;
  absl::Time good_until = absl::InfiniteFuture();
  if (!secret.empty()) {
    ASSIGN_OR_RETURN(auto owner, tokens_.FindOwner(secret));
    claims.caller = std::move(owner.caller);
    good_until = owner.expires_at;
  }
  ASSIGN_OR_RETURN(const auto key, keys_.Current());
  claims.audience = std::string(audience);
  claims.issued_at = clock_.Now();
  // Who verifies it takes it for kClockSkewMax longer than it says, and the
  // access token is good for nothing then.
  claims.expires_at =
      std::min(claims.issued_at + keys_.options().token_lifetime,
               good_until - kClockSkewMax);
  // At least something, as clients expect.
  const absl::Duration lifetime =
      std::clamp(good_until - claims.issued_at, absl::Seconds(1),
                 keys_.options().token_lifetime);
  ASSIGN_OR_RETURN(std::string token,
                   SignJwt(ToJson(claims), key.id(), key.private_key_pem()));
  return IssuedToken{std::move(token), claims.issued_at, lifetime};
}

absl::StatusOr<Trust> LocalAuthClient::CurrentTrust() {
  Trust trust;
  ASSIGN_OR_RETURN(trust.keys, keys_.Verifying());
  ASSIGN_OR_RETURN(trust.revoked_token_ids, tokens_.Revoked());
  trust.version = VersionOf(trust);
  return trust;
}

absl::StatusOr<Trust> LocalAuthClient::GetTrust(uint64_t known_version,
                                                absl::Duration max_wait) {
  const SteadyDeadline deadline(max_wait);
  MutexLock lock(&mutex_);
  while (true) {
    ASSIGN_OR_RETURN(auto trust, CurrentTrust());
    if (trust.version != known_version || stopping_) return trust;
    if (deadline.has_passed()) return trust;
    changed_.WaitWithTimeout(&mutex_,
                             std::min(deadline.left(), kLookAgainAfter));
  }
}

void LocalAuthClient::NoteRevoked() {
  MutexLock lock(&mutex_);
  changed_.SignalAll();
}

void LocalAuthClient::Shutdown() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  changed_.SignalAll();
}

}  // namespace cvr
