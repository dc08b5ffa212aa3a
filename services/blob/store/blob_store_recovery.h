#ifndef SERVICES_BLOB_STORE_BLOB_STORE_RECOVERY_H_
#define SERVICES_BLOB_STORE_BLOB_STORE_RECOVERY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/blob/store/blob_store_parts.h"
#include "services/blob/store/database/chunk_key.h"
#include "services/blob/store/database/chunk_table.h"
#include "services/common/digest.h"
#include "services/concurrency/clock.h"

namespace cvr {

// Makes order of what an earlier run of a RocksDbBlobStore left, which may have
// ended at any moment: "Crashes" in DESIGN.md. Fills in the catalog, the
// inline space and the interrupted uploads of `parts`. For opening, once,
// before anybody else uses them.
class BlobStoreRecovery {
 public:
  struct Found {
    // Blobs whose files are damaged: their records are deleted.
    std::vector<Digest> damaged;
    // Higher than every generation that is in use.
    uint64_t next_generation = 1;
  };

  // Both must outlive it.
  BlobStoreRecovery(BlobStoreParts& parts, const Clock& clock)
      : parts_(parts), clock_(clock) {}

  // Records that cannot be read are dropped, all together. Errors: as
  // BlobStoreDatabase::Open().
  absl::StatusOr<Found> Run();

 private:
  // What becomes of a copy on disk.
  enum class Fate : char { kInterrupted, kWanted, kUnwanted };
  struct Blob {
    absl::Time last_use;
    Digest digest;
    uint64_t bytes;
  };
  using Owners = std::map<CopyId, int64_t>;

  absl::Status RemoveIncoming();
  absl::Status RecoverCopies(bool keep_interrupted);
  // Which copies the records want; finds their blobs, and what is incomplete.
  absl::Status ReadRecords();
  void Compare(const Digest& digest, const BlobStoreParts::Record& record);
  absl::Status DeleteIncomplete();
  absl::Status DropUnwanted(Owners owners);
  // Leaves what can be continued of a copy without a record to the owner's next
  // upload.
  absl::Status RecoverInterrupted(const ChunkTable::StoredCopy& copy,
                                  int64_t owner);

  BlobStoreParts& parts_;
  const Clock& clock_;
  Found found_;

  // In the order of their digests, as the records are: `at_` is the first copy
  // that is not before the record in work.
  std::vector<ChunkTable::StoredCopy> copies_;
  std::vector<Fate> fates_;
  size_t at_ = 0;
  std::vector<Blob> blobs_;
  std::vector<Digest> incomplete_;
  uint64_t inline_blobs_ = 0;
  uint64_t inline_bytes_ = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_RECOVERY_H_
