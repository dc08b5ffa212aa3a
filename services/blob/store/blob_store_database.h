#ifndef SERVICES_BLOB_STORE_BLOB_STORE_DATABASE_H_
#define SERVICES_BLOB_STORE_BLOB_STORE_DATABASE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// The RocksDB below the store: its column families, their options, and getting
// it open and writable again after damage and full disks. What the families
// hold is in DESIGN.md.
//
// Thread-safe. Must outlive everything read from it, save pinned blocks, which
// need chunk_cache() only.
class BlobStoreDatabase {
 public:
  struct Options {
    std::string directory;      // Created when missing.
    rocksdb::Env* env;          // Must outlive this.
    int open_files_max;         // Of chunk files.
    size_t record_cache_bytes;  // For records and inline content.
  };

  // Opens also what is damaged: chunk files that are missing, cut short or
  // unreadable are dropped; damaged records are dropped all together (the store
  // is a cache).
  // Errors: FAILED_PRECONDITION when another version wrote the directory;
  // INTERNAL, also when another store has it open; RESOURCE_EXHAUSTED when the
  // disk is full; DATA_LOSS when RocksDB's own bookkeeping is damaged.
  static absl::StatusOr<std::unique_ptr<BlobStoreDatabase>> Open(
      Options options);

  ~BlobStoreDatabase();
  BlobStoreDatabase(const BlobStoreDatabase&) = delete;
  BlobStoreDatabase& operator=(const BlobStoreDatabase&) = delete;

  using Operation = absl::FunctionRef<rocksdb::Status(rocksdb::DB& db)>;

  // Runs what only reads. ABORTED when the database could not be reopened.
  rocksdb::Status Read(Operation operation) const;

  // Runs what writes. A failed write makes RocksDB refuse all writes until it
  // is opened anew, which happens here, as soon as the disk has room; then
  // `operation` runs once more. It must bear that, and its outcome is unknown
  // after an error.
  rocksdb::Status Change(Operation operation);

  // Change() with the batch that `fill` makes. Errors: RESOURCE_EXHAUSTED when
  // the disk is full; INTERNAL.
  absl::Status Write(bool sync,
                     absl::FunctionRef<void(rocksdb::WriteBatch* batch)> fill);

  // Rewrites the inline content without what was deleted, so that the disk gets
  // the space of that back. Takes as long as there is content; `cancelled` may
  // become true meanwhile. Errors: as Write().
  absl::Status CompactInline(std::atomic<bool>* cancelled);

  // Bytes of the files with inline content. Cheap.
  uint64_t InlineFileBytes() const;

  // Forgets every record.
  rocksdb::Status ResetRecords();

  // Valid within an operation only.
  rocksdb::ColumnFamilyHandle* blobs() const { return families_[kBlobs]; }
  rocksdb::ColumnFamilyHandle* inlined() const { return families_[kInline]; }
  rocksdb::ColumnFamilyHandle* chunks(size_t shard) const {
    return families_[kFirstChunks + shard];
  }
  rocksdb::ColumnFamilyHandle* chunks(const Digest& digest) const;

  // Blocks of chunks are handed out as handles of this cache; it holds none
  // that nobody uses.
  const std::shared_ptr<rocksdb::Cache>& chunk_cache() const {
    return chunk_cache_;
  }
  // For whoever writes files for chunks().
  rocksdb::Options ChunkFileOptions() const;
  // Where files grow that are not part of the database yet.
  std::string IncomingDirectory() const;

  rocksdb::Env& env() const { return *env_; }

 private:
  enum Family { kDefault, kBlobs, kInline, kFirstChunks };

  explicit BlobStoreDatabase(Options options);

  rocksdb::DBOptions DatabaseOptions(bool paranoid) const;
  rocksdb::ColumnFamilyOptions RecordOptions() const;
  rocksdb::ColumnFamilyOptions ChunkOptions() const;
  std::vector<rocksdb::ColumnFamilyDescriptor> Families() const;

  rocksdb::Status OpenOnce(bool paranoid);
  rocksdb::Status OpenAndRepair();
  rocksdb::Status OpenReadOnly();
  void Close();

  // Operations run between Enter() and Leave(), reopening while none does.
  void Enter() const;
  void Leave() const;
  // Whether the database takes writes again.
  bool Reopen();
  bool OpenAnew();
  bool HasRoom() const;
  // Drops what the files on disk no longer support.
  rocksdb::Status DropDamagedFiles();
  bool IsDamaged(const rocksdb::LiveFileMetaData& file) const;
  rocksdb::Status ResetFamily(Family family);
  absl::Status CheckFormat();

  const Options options_;
  const std::unique_ptr<rocksdb::Env> env_;
  const std::shared_ptr<rocksdb::Cache> chunk_cache_;
  const std::shared_ptr<rocksdb::Cache> record_cache_;
  // Sees when RocksDB stops taking writes.
  class StopListener;
  const std::shared_ptr<StopListener> stop_;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  mutable int running_ ABSL_GUARDED_BY(mutex_) = 0;  // Operations.
  bool reopening_ ABSL_GUARDED_BY(mutex_) = false;

  // Change while reopening only. Absent when even that failed.
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_DATABASE_H_
