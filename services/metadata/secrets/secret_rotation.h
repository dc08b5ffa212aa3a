#ifndef SERVICES_METADATA_SECRETS_SECRET_ROTATION_H_
#define SERVICES_METADATA_SECRETS_SECRET_ROTATION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/operation.pb.h"
#include "cvr/v1/secret_service.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/operations/operations.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/secrets/signing_keys.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Replaces the key that secrets are sealed with, while calls go on. In three
// steps, after each of which the key file opens all that is stored: the new key
// joins the old one in the file; everything is sealed with it in one
// transaction; the old one leaves the file. Thread-safe.
class SecretRotation {
 public:
  // All must outlive it. Tells `operations`, which is not started yet, how the
  // work of a rotation is done.
  SecretRotation(MetadataStore& store, SecretBox& box, const SigningKeys& keys,
                 Operations& operations);

  // What SecretService promises: the new key is in the file when this returns,
  // and the operation seals everything with it. What an earlier rotation has
  // left is finished first. Errors: FAILED_PRECONDITION when the file cannot be
  // written; DATA_LOSS, naming it, when something stored does not open; those
  // of MetadataStore. All secrets still open then, and a later call goes on.
  absl::StatusOr<v1::Operation> Rotate(const v1::RotateSecretKeyRequest& request,
                                       const Caller& caller);

  // The same as a whole, on this thread. Errors: as above.
  absl::StatusOr<v1::RotateSecretKeyResponse> RotateNow();

  // Finishes what a crash has cut short, if anything: to be called at start.
  // Errors: as above.
  absl::Status Finish();

 private:
  absl::Status AddKey() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<v1::RotateSecretKeyResponse> SealAll()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<int64_t> SealAnew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  MetadataStore& store_;
  SecretBox& box_;
  const SigningKeys& signing_keys_;
  Operations& operations_;
  Mutex mutex_;  // One at a time.
};

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRETS_SECRET_ROTATION_H_
