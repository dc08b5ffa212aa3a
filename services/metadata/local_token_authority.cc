#include "services/metadata/local_token_authority.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/access/access_policy.h"
#include "services/access/caller_claims.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

// Keys change by themselves, too.
constexpr absl::Duration kLookAgainAfter = absl::Seconds(5);

// Follows from the content, so that a service which was started anew does not
// call something else by the same number.
uint64_t VersionOf(const Trust& trust, uint64_t changes) {
  std::string content = absl::StrCat(changes, ";");
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

absl::StatusOr<Caller> LocalTokenAuthority::Authenticate(
    absl::string_view secret) {
  return tokens_.Authenticate(secret);
}

absl::StatusOr<IssuedToken> LocalTokenAuthority::IssueToken(
    absl::string_view secret, absl::string_view audience,
    absl::Span<const TokenAccess> wanted) {
  CallerClaims claims;
  absl::Time good_until = absl::InfiniteFuture();
  if (!secret.empty()) {
    ASSIGN_OR_RETURN(auto owner, tokens_.FindOwner(secret));
    claims.caller = std::move(owner.caller);
    good_until = owner.expires_at;
  }
  ASSIGN_OR_RETURN(claims.access, Allowed(claims.caller, wanted));
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
  return IssuedToken{std::move(token), claims.issued_at, lifetime,
                     std::move(claims.access)};
}

absl::StatusOr<std::vector<TokenAccess>> LocalTokenAuthority::Allowed(
    const Caller& caller, absl::Span<const TokenAccess> wanted) const {
  std::vector<TokenAccess> allowed;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    for (const TokenAccess& one : wanted) {
      if (allowed.size() == limits::kTokenAccessMax) break;
      if (one.kind == TokenAccess::Kind::kRepository) {
        ASSIGN_OR_RETURN(const auto registry,
                         tables::FindRegistry(transaction, one.registry_id));
        if (!registry) continue;
        const absl::Status may = AccessPolicy::Check(
            caller, AccessPolicy::Action::kPull,
            {.group = registry->group(),
             .registry_ids = absl::MakeConstSpan(&one.registry_id, 1),
             .anonymous_pull = registry->anonymous_pull()});
        if (!may.ok()) continue;
      }
      allowed.push_back(one);
    }
    return absl::OkStatus();
  }));
  return allowed;
}

absl::StatusOr<Trust> LocalTokenAuthority::CurrentTrust() {
  Trust trust;
  ASSIGN_OR_RETURN(trust.keys, keys_.Verifying());
  ASSIGN_OR_RETURN(trust.revoked_token_ids, tokens_.Revoked());
  trust.version = VersionOf(trust, changes_);
  return trust;
}

absl::StatusOr<Trust> LocalTokenAuthority::GetTrust(uint64_t known_version,
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

void LocalTokenAuthority::NoteChanged() {
  MutexLock lock(&mutex_);
  ++changes_;
  changed_.SignalAll();
}

void LocalTokenAuthority::NoteRevoked() {
  MutexLock lock(&mutex_);
  changed_.SignalAll();
}

void LocalTokenAuthority::Shutdown() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  changed_.SignalAll();
}

}  // namespace cvr
