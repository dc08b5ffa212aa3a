#ifndef SERVICES_METADATA_SECRETS_SECRET_BOX_H_
#define SERVICES_METADATA_SECRETS_SECRET_BOX_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Encrypts secrets (upstream passwords, client keys, token signing keys) before
// they are stored, with XChaCha20-Poly1305, random nonces and a key in a
// separate file. It protects against the loss of a copy or backup of the
// database alone; whoever has the database and the key file can read
// everything.
//
// During a key rotation the file contains the new and the previous key, and
// data encrypted with either can be decrypted. Do not use it for access tokens:
// those are only stored as hashes. Thread-safe.
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

  // Wipes the keys.
  ~SecretBox();
  SecretBox(const SecretBox&) = delete;
  SecretBox& operator=(const SecretBox&) = delete;

  // With the newest key. `context` says what the secret belongs to; it opens
  // for nothing else.
  std::string Seal(absl::string_view secret, absl::string_view context) const;

  // Errors: DATA_LOSS when it was not sealed with one of the keys and this
  // context.
  absl::StatusOr<std::string> Open(absl::string_view sealed,
                                   absl::string_view context) const;

  // Makes a key that seals from now on, once it is in the file, durably, before
  // those that are there. Errors: UNAVAILABLE when it cannot be written;
  // nothing has changed then, as far as sealing and opening go.
  absl::Status AddKey();

  // Drops all keys but the newest from the file, durably. Here they open on,
  // for who has read something sealed a moment ago. Errors: as above.
  absl::Status DropOldKeys();

  // Whether the file holds keys that DropOldKeys() would drop.
  bool HasOldKeys() const;

 private:
  struct Keys;

  SecretBox(std::string path, std::string key_bytes);

  std::shared_ptr<const Keys> keys() const;
  // Makes `on_file` what the file holds.
  absl::Status Write(const std::string& on_file) const;

  const std::string path_;

  // Held for a whole change, before mutex_.
  Mutex change_mutex_;

  mutable Mutex mutex_;
  std::shared_ptr<const Keys> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRETS_SECRET_BOX_H_
