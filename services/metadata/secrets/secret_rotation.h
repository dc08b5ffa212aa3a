#ifndef SERVICES_METADATA_SECRETS_SECRET_ROTATION_H_
#define SERVICES_METADATA_SECRETS_SECRET_ROTATION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/operation.pb.h"
#include "cvr/v1/secret_service.pb.h"
#include "google/protobuf/any.pb.h"
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
  // Of the operation that it starts: RotateFor() works on it.
  static constexpr char kRotate[] = "SecretService.RotateSecretKey";

  // All must outlive it.
  SecretRotation(MetadataStore& store, SecretBox& box, const SigningKeys& keys,
                 Operations& operations)
      : store_(store),
        box_(box),
        signing_keys_(keys),
        operations_(operations) {}

  // What SecretService promises. The operation cannot be cancelled, and a
  // restart in the middle of it makes one more key than it would have.
  absl::StatusOr<v1::Operation> Rotate(
      const v1::RotateSecretKeyRequest& request, const Caller& caller);
  // RotateNow() for an operation, with its progress.
  absl::StatusOr<google::protobuf::Any> RotateFor(OperationRun& operation);

  // Replaces the key now. What an earlier rotation has left is finished first.
  // Errors: FAILED_PRECONDITION when the file cannot be written; DATA_LOSS,
  // naming it, when something stored does not open; those of MetadataStore. All
  // secrets still open then, and a later call goes on.
  absl::StatusOr<v1::RotateSecretKeyResponse> RotateNow();

  // Finishes what a crash has cut short, if anything: to be called at start.
  // Errors: as above.
  absl::Status Finish();

 private:
  absl::StatusOr<int64_t> SealAnew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  MetadataStore& store_;
  SecretBox& box_;
  const SigningKeys& signing_keys_;
  Operations& operations_;
  Mutex mutex_;  // One at a time.
};

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRETS_SECRET_ROTATION_H_
