#ifndef SERVICES_BLOB_STORE_ROCKSDB_BLOB_STORE_H_
#define SERVICES_BLOB_STORE_ROCKSDB_BLOB_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rocksdb/env.h"
#include "services/blob/store/blob_catalog.h"
#include "services/blob/store/blob_evictor.h"
#include "services/blob/store/blob_store.h"
#include "services/blob/store/blob_store_parts.h"
#include "services/blob/store/blob_store_records.h"
#include "services/blob/store/blob_store_space.h"
#include "services/blob/store/database/blob_store_database.h"
#include "services/blob/store/database/segment_writer.h"
#include "services/blob/store/interrupted_uploads.h"
#include "services/common/limits.h"
#include "services/concurrency/clock.h"

namespace cvr {

// Blobs in RocksDB, ingested as files that are only ever added and removed
// whole: nothing is written twice or compacted. What is stored how, and what
// each crash leaves, is in DESIGN.md.
//
// Chunks that were read may outlive the store.
class RocksDbBlobStore final : public BlobStore {
 public:
  // Is told which blobs the store has dropped by itself, in batches: evicted
  // ones, and those that opening found damaged. Called on a thread of the
  // store, one call at a time, without a lock; evictions wait for it.
  using EvictionListener = BlobStoreSpace::Listener;

  struct Options {
    std::string directory;  // Created when missing; one store at a time.
    rocksdb::Env* env = rocksdb::Env::Default();  // Must outlive the store.
    const Clock* clock = &Clock::Real();          // Likewise.
    SegmentSizes segments;
    uint64_t blob_bytes_max = limits::kBlobBytesMax;
    // What interrupted uploads may leave, all together, and for how long; 0 =
    // they are not continued.
    uint64_t interrupted_bytes_max = uint64_t{16} << 30;
    absl::Duration interrupted_age_max = absl::Hours(24);
    // Blobs are dropped to stay within, least recently used first and none that
    // is read or written; uploads count from their first byte. One that is
    // larger than max_bytes is not stored, and short of min_free_bytes none is.
    BlobEvictor::Bounds bounds;
    EvictionListener eviction_listener;  // May be absent.
    // Descriptors kept open for reading chunks.
    int open_files_max = 512;
    // Memory for records and inline content that are read often.
    size_t record_cache_bytes = size_t{32} << 20;
  };

  // Finds every committed blob of an earlier run, and what uploads left that
  // were not committed, as far as it is known whose it is. Blobs whose files
  // are damaged are dropped. Errors: as BlobStoreDatabase::Open().
  static absl::StatusOr<std::unique_ptr<RocksDbBlobStore>> Open(
      Options options);

  absl::StatusOr<std::shared_ptr<const BlobReader>> Open(
      const Digest& digest) override;
  absl::StatusOr<std::shared_ptr<BlobWriter>> Create(const Digest& digest,
                                                     int64_t owner) override;
  absl::Status Put(const Digest& digest, absl::string_view bytes) override;
  absl::Status Delete(const Digest& digest) override;
  absl::StatusOr<std::vector<StoredBlob>> List(
      const std::optional<Digest>& start_after, int max) const override;

  // Of committed blobs. Cheap.
  BlobCatalog::Usage Usage() const { return parts_.catalog.usage(); }
  // Of the disk; the largest number when nobody knows.
  uint64_t DiskFreeBytes() const { return space_.free_bytes(); }

  ~RocksDbBlobStore() override;

 private:
  class CopyReader;
  class InlineReader;
  class Writer;
  using Record = BlobStoreRecords::Record;

  RocksDbBlobStore(Options options,
                   std::unique_ptr<BlobStoreDatabase> database);

  absl::Status Recover();
  std::shared_ptr<Writer> NewWriter(const Digest& digest, int64_t owner);

  absl::StatusOr<std::shared_ptr<const BlobReader>> OpenInline(
      const Digest& digest, const Record& record);

  // Of one blob.
  uint64_t blob_bytes_max() const;

  void NoteUse(const Digest& digest);

  // Makes `record` visible, durably; false when the blob is stored already.
  absl::StatusOr<bool> Publish(const Digest& digest, Record record,
                               absl::string_view inline_bytes);
  void Keep(const InterruptedUploads::Upload& upload);

  const Options options_;
  BlobStoreParts parts_;
  BlobStoreSpace space_;
  std::atomic<uint64_t> next_generation_{1};

  std::unique_ptr<BlobEvictor> evictor_;  // Last: it uses the rest.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_ROCKSDB_BLOB_STORE_H_
