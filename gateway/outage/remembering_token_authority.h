#ifndef GATEWAY_OUTAGE_REMEMBERING_TOKEN_AUTHORITY_H_
#define GATEWAY_OUTAGE_REMEMBERING_TOKEN_AUTHORITY_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gateway/outage/bounded_memory.h"
#include "gateway/outage/metadata_contact.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/token_authority.h"

namespace cvr {

// A TokenAuthority that goes on while the metadata service is away: for a while
// it knows again whose a secret is, and hands out again the short-lived token
// that was issued for exactly the same secret and scopes, with the end it had.
//
// Used only when the service gives no answer at all, at most `grace` after its
// own answer, and never longer than the access token lasts. What was refused is
// forgotten at once. With the generation of `contact` all of it ends, so with
// every revocation that the gateway hears of. Kept under the SHA-256 of
// secrets. It is this client that tells `contact` of changes. Thread-safe.
class RememberingTokenAuthority : public TokenAuthority {
 public:
  struct Options {
    absl::Duration grace = absl::Minutes(5);
    // Of each memory. One secret may have a sixteenth of the tokens, and so may
    // nobody.
    size_t bytes_max = 16 << 20;
    // A token that ends sooner is not handed out again.
    absl::Duration token_left_min = absl::Seconds(5);
  };

  // `hurried` is the same as `client`, with less patience: it is asked while
  // the service is away. All must outlive it.
  RememberingTokenAuthority(TokenAuthority& client, TokenAuthority& hurried,
                            MetadataContact& contact, const Options& options,
                            const Clock& clock);

  absl::StatusOr<Caller> Authenticate(absl::string_view secret) override;
  absl::StatusOr<IssuedToken> IssueToken(
      absl::string_view secret, absl::string_view audience,
      absl::Span<const TokenAccess> wanted) override;
  // Never remembered here.
  absl::StatusOr<Trust> GetTrust(uint64_t known_version,
                                 absl::Duration max_wait) override;

 private:
  bool is_off() const { return options_.grace <= absl::ZeroDuration(); }

  // The one to ask now.
  TokenAuthority& Authority() {
    return contact_.is_away() ? hurried_ : authority_;
  }

  TokenAuthority& authority_;
  TokenAuthority& hurried_;
  MetadataContact& contact_;
  const Options options_;
  const Clock& clock_;
  BoundedMemory<Caller> callers_;
  BoundedMemory<IssuedToken> tokens_;

  Mutex mutex_;
  uint64_t trust_version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // GATEWAY_OUTAGE_REMEMBERING_TOKEN_AUTHORITY_H_
