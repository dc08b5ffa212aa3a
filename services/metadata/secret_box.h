#ifndef SERVICES_METADATA_SECRET_BOX_H_
#define SERVICES_METADATA_SECRET_BOX_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// Seals secrets for storage with a key that lies beside the store, so that a
// copy of the store alone gives nothing away. XChaCha20-Poly1305 with random
// nonces. Thread-safe.
class SecretBox {
 public:
  // Makes a key and writes it to `path` for the owner's eyes only, durably.
  // Errors: ALREADY_EXISTS; UNAVAILABLE when it cannot be written.
  static absl::StatusOr<std::unique_ptr<SecretBox>> Create(
      const std::string& path);

  // Reads the key. Errors: NOT_FOUND; FAILED_PRECONDITION when it is no key or
  // others than the owner may read it; UNAVAILABLE when it cannot be read.
  static absl::StatusOr<std::unique_ptr<SecretBox>> Load(
      const std::string& path);

  // Wipes the key.
  ~SecretBox();
  SecretBox(const SecretBox&) = delete;
  SecretBox& operator=(const SecretBox&) = delete;

  // `context` says what the secret belongs to; it opens for nothing else.
  std::string Seal(absl::string_view secret, absl::string_view context) const;

  // Errors: DATA_LOSS when it was not sealed with this key and context.
  absl::StatusOr<std::string> Open(absl::string_view sealed,
                                   absl::string_view context) const;

 private:
  explicit SecretBox(std::string key);

  std::string key_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRET_BOX_H_
