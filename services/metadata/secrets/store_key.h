#ifndef SERVICES_METADATA_SECRETS_STORE_KEY_H_
#define SERVICES_METADATA_SECRETS_STORE_KEY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// The key that `store` seals its secrets with, from the file at `path`. A new
// store gets a new key, unless the file is there already.
// Errors: FAILED_PRECONDITION when the key is missing or not the store's;
// otherwise those of SecretBox::Load, SecretBox::Create and MetadataStore.
absl::StatusOr<std::unique_ptr<SecretBox>> OpenStoreKey(const std::string& path,
                                                        MetadataStore& store);

// Writes down that what is stored is sealed with the newest key of `box`.
void PutKeyCheck(WriteTransaction& transaction, const SecretBox& box);

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRETS_STORE_KEY_H_
