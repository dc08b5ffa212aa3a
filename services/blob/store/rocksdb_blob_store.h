#ifndef SERVICES_BLOB_STORE_ROCKSDB_BLOB_STORE_H_
#define SERVICES_BLOB_STORE_ROCKSDB_BLOB_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "rocksdb/env.h"
#include "services/blob/store/blob_catalog.h"
#include "services/blob/store/blob_evictor.h"
#include "services/blob/store/blob_store.h"
#include "services/blob/store/blob_store_database.h"
#include "services/blob/store/blob_store_holds.h"
#include "services/blob/store/blob_store_records.h"
#include "services/blob/store/blob_store_turns.h"
#include "services/blob/store/chunk_table.h"
#include "services/blob/store/inline_space.h"
#include "services/blob/store/interrupted_uploads.h"
#include "services/blob/store/segment_writer.h"
#include "services/common/limits.h"
#include "services/concurrency/clock.h"

namespace cvr {

// Blobs in RocksDB, ingested as files that are only ever added and removed
// whole: nothing is written twice or compacted. What is stored how, and what
// each crash leaves, is in DESIGN.md.
//
// Chunks that were read may outlive the store.
class RocksDbBlobStore final : public BlobStore, private EvictableSpace {
 public:
  // Is told which blobs the store has dropped by itself, in batches: evicted
  // ones, and those that opening found damaged. Called on a thread of the
  // store, one call at a time, without a lock; evictions wait for it.
  using EvictionListener = std::function<void(absl::Span<const Digest>)>;

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
  BlobCatalog::Usage Usage() const { return catalog_.usage(); }
  // Of the disk; the largest number when nobody knows.
  uint64_t DiskFreeBytes() const { return free_bytes(); }

  ~RocksDbBlobStore() override;

 private:
  class CopyReader;
  class InlineReader;
  class Writer;
  using Record = BlobStoreRecords::Record;

  RocksDbBlobStore(Options options,
                   std::unique_ptr<BlobStoreDatabase> database);

  absl::Status Recover();
  absl::Status RemoveIncoming();
  absl::Status RecoverCopies(bool keep_interrupted);
  // Leaves what can be continued of a copy without a record to the owner's next
  // upload.
  absl::Status RecoverInterrupted(const ChunkTable::StoredCopy& copy,
                                  int64_t owner);
  std::shared_ptr<Writer> NewWriter(const Digest& digest, int64_t owner);

  absl::StatusOr<std::shared_ptr<const BlobReader>> OpenInline(
      const Digest& digest, const Record& record);

  // Of one blob.
  uint64_t blob_bytes_max() const;

  // The evictor's side.
  uint64_t used_bytes() const override;
  uint64_t free_bytes() const override;
  bool Evict(uint64_t bytes) override;
  void Maintain() override;

  // The least recently used that nobody holds: enough for `bytes`, or a batch.
  std::vector<Digest> EvictionCandidates(uint64_t bytes) const;
  // Answers what is gone. Errors: as Delete(); then all may still be there.
  absl::StatusOr<std::vector<Digest>> DeleteBatch(
      const std::vector<Digest>& digests);
  void NoteUse(const Digest& digest);
  void SaveUses();
  // Gives the space of deleted inline content back, when that is worth it.
  void ReturnInlineSpace();
  absl::Status SaveBatch(absl::Span<const BlobCatalog::Use> uses);

  static absl::StatusOr<std::optional<Record>> Readable(
      const Digest& digest, absl::StatusOr<std::optional<Record>> record);

  // Makes `record` visible, durably; false when the blob is stored already.
  absl::StatusOr<bool> Publish(const Digest& digest, Record record,
                               absl::string_view inline_bytes);
  void DropCopy(const CopyId& copy);
  // Of an upload whose owner is noted.
  void DropUpload(const CopyId& copy);
  void Keep(const InterruptedUploads::Upload& upload);

  const Options options_;
  const std::unique_ptr<BlobStoreDatabase> database_;
  ChunkTable chunks_;
  BlobStoreRecords records_;
  BlobStoreHolds holds_;
  InterruptedUploads interrupted_;
  BlobStoreTurns turns_;
  std::atomic<uint64_t> next_generation_{1};
  BlobCatalog catalog_;
  InlineSpace inline_space_;
  // Of uploads in work.
  std::atomic<uint64_t> uploading_bytes_{0};
  std::atomic<bool> closing_{false};

  // Of opening, then of the evictor's thread.
  std::vector<Digest> damaged_;

  std::unique_ptr<BlobEvictor> evictor_;  // Last: it uses the rest.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_ROCKSDB_BLOB_STORE_H_
