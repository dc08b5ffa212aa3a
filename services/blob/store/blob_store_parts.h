#ifndef SERVICES_BLOB_STORE_BLOB_STORE_PARTS_H_
#define SERVICES_BLOB_STORE_BLOB_STORE_PARTS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "services/blob/store/blob_catalog.h"
#include "services/blob/store/blob_pins.h"
#include "services/blob/store/blob_store_records.h"
#include "services/blob/store/database/blob_store_database.h"
#include "services/blob/store/database/chunk_table.h"
#include "services/blob/store/digest_locks.h"
#include "services/blob/store/inline_space.h"
#include "services/blob/store/interrupted_uploads.h"
#include "services/common/digest.h"

namespace cvr {

// What a RocksDbBlobStore consists of, for the classes that share its work:
// the store itself, BlobStoreSpace and BlobStoreRecovery. Each part is
// thread-safe. Who changes the record of a digest has a turn for it.
struct BlobStoreParts {
  using Record = BlobStoreRecords::Record;

  BlobStoreParts(std::unique_ptr<BlobStoreDatabase> opened,
                 InterruptedUploads::Bounds bounds);

  // The record of `digest`, settled. One that cannot be read counts as none:
  // the next upload replaces it. The caller has a turn for `digest`.
  // Errors: as BlobStoreRecords::FindSettled(), without DATA_LOSS.
  absl::StatusOr<std::optional<Record>> FindSettled(const Digest& digest);
  // The same without a turn, of what may not be settled yet.
  absl::StatusOr<std::optional<Record>> Find(const Digest& digest) const;

  // Deletes who the owner of an upload is. A failure is logged: the next start
  // finds the owner of a copy that is gone.
  void DeleteOwner(const CopyId& copy);

  const std::unique_ptr<BlobStoreDatabase> database;
  ChunkTable chunks;
  BlobStoreRecords records;
  BlobPins pins;
  InterruptedUploads interrupted;
  DigestLocks digest_locks;
  BlobCatalog catalog;
  InlineSpace inline_space;
  // Of uploads in work.
  std::atomic<uint64_t> uploading_bytes = 0;

 private:
  void DropCopy(const CopyId& copy);
  // Of an upload whose owner is noted.
  void DropUpload(const CopyId& copy);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_PARTS_H_
