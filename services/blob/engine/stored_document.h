#ifndef SERVICES_BLOB_ENGINE_STORED_DOCUMENT_H_
#define SERVICES_BLOB_ENGINE_STORED_DOCUMENT_H_

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/blob/blob_store.h"
#include "services/common/chunk.h"

namespace cvr {

// Blobs that are small enough to be held in memory: manifests and lists.

// What the store has under `digest`, in one piece. Nothing when it has none, or
// more than `bytes_max`. What turns out to be damaged is dropped.
std::optional<Chunk> LoadDocument(BlobStore& store, const Digest& digest,
                                  size_t bytes_max);

// Stores `bytes`, which hash to `digest`. Errors: those of BlobWriter.
absl::Status StoreDocument(BlobStore& store, const Digest& digest,
                           const Chunk& bytes);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_STORED_DOCUMENT_H_
