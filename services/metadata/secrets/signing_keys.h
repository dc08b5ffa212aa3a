#ifndef SERVICES_METADATA_SECRETS_SIGNING_KEYS_H_
#define SERVICES_METADATA_SECRETS_SIGNING_KEYS_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/access/json_web_token.h"
#include "services/concurrency/clock.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_access_token.pb.h"

namespace cvr {

// The keys that short-lived tokens are signed with: kept in the store, sealed,
// made when there are none, replaced when the signing one is old. One that was
// replaced verifies for as long as a token may live that it has signed.
// Thread-safe.
class SigningKeys {
 public:
  struct Options {
    absl::Duration rotate_after = absl::Hours(24 * 30);
    // Of what they sign.
    absl::Duration token_lifetime = absl::Minutes(5);
  };

  // All must outlive it.
  SigningKeys(MetadataStore& store, const SecretBox& box, const Clock& clock,
              const Options& options)
      : store_(store), box_(box), clock_(clock), options_(options) {}

  // The one that signs now. Rotates when that is due. Errors: DATA_LOSS; those
  // of MetadataStore.
  absl::StatusOr<stored::SigningKeys::Key> Current();

  // All that verify now. Errors: as above.
  absl::StatusOr<JwtPublicKeys> Verifying();

  // Seals what is stored anew, with the newest key of the box. Answers how many
  // keys that are. Errors: DATA_LOSS.
  absl::StatusOr<int> Reseal(WriteTransaction& transaction) const;

  const Options& options() const { return options_; }

 private:
  absl::StatusOr<stored::SigningKeys> Load(
      const ReadTransaction& transaction) const;
  void Put(WriteTransaction& transaction,
           const stored::SigningKeys& keys) const;
  absl::StatusOr<stored::SigningKeys> Fresh();
  bool IsFresh(const stored::SigningKeys& keys) const;

  MetadataStore& store_;
  const SecretBox& box_;
  const Clock& clock_;
  const Options options_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRETS_SIGNING_KEYS_H_
