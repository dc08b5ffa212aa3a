#ifndef SERVICES_METADATA_LOCAL_TOKEN_AUTHORITY_H_
#define SERVICES_METADATA_LOCAL_TOKEN_AUTHORITY_H_

#include <cstdint>
#include <vector>

#include "absl/random/random.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/api/token_authority.h"
#include "services/metadata/secrets/signing_keys.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// The TokenAuthority itself.
class LocalTokenAuthority : public TokenAuthority {
 public:
  // The tables whose changes NoteRevoked() is to be told of.
  static constexpr Table kTables[] = {Table::kRevocations};

  // All must outlive it.
  LocalTokenAuthority(const MetadataStore& store, AccessTokenAdmin& tokens,
                      SigningKeys& keys, const Clock& clock)
      : store_(store),
        tokens_(tokens),
        keys_(keys),
        clock_(clock),
        changes_(absl::Uniform<uint64_t>(absl::BitGen())) {}

  absl::StatusOr<Caller> Authenticate(absl::string_view secret) override;
  absl::StatusOr<IssuedToken> IssueToken(
      absl::string_view secret, absl::string_view audience,
      absl::Span<const TokenAccess> wanted) override;
  absl::StatusOr<Trust> GetTrust(uint64_t known_version,
                                 absl::Duration max_wait) override;

  // To be called after every commit that changes kTables, which is how access
  // tokens are revoked: those who wait in GetTrust() are answered.
  void NoteRevoked();
  // To be called after anything else was changed that decides what callers get:
  // the trust has another version then, by which gateways know that what they
  // remember counts no more.
  void NoteChanged();
  // Ends what waits, now and later: for a service that stops.
  void Shutdown();

 private:
  absl::StatusOr<Trust> CurrentTrust() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // What of `wanted` the caller may pull.
  absl::StatusOr<std::vector<TokenAccess>> Allowed(
      const Caller& caller, absl::Span<const TokenAccess> wanted) const;

  const MetadataStore& store_;
  AccessTokenAdmin& tokens_;
  SigningKeys& keys_;
  const Clock& clock_;

  Mutex mutex_;
  CondVar changed_;
  // From a number that differs from that of the process before.
  uint64_t changes_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_LOCAL_TOKEN_AUTHORITY_H_
