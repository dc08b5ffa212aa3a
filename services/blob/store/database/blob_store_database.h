#ifndef SERVICES_BLOB_STORE_DATABASE_BLOB_STORE_DATABASE_H_
#define SERVICES_BLOB_STORE_DATABASE_BLOB_STORE_DATABASE_H_

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

// The RocksDB database of the store: its column families and options, and how
// it is opened and made writable again after corruption or a full disk.
// DESIGN.md describes the contents of the families.
//
// Thread-safe. Must outlive everything that is read from it, except pinned
// blocks, which need chunk_cache() only.
class BlobStoreDatabase {
 public:
  struct Options {
    std::string directory;      // Created when missing.
    rocksdb::Env* env;          // Must outlive this.
    int open_files_max;         // Of chunk files.
    size_t record_cache_bytes;  // For records and inline content.
  };

  // Opens the database even if it is corrupt, because it is a cache: chunk
  // files that are missing, truncated or unreadable are removed; if records are
  // corrupt, all records are removed.
  // Errors: FAILED_PRECONDITION if another version wrote the directory;
  // INTERNAL, also if another store has it open; RESOURCE_EXHAUSTED if the disk
  // is full; DATA_LOSS if RocksDB's own metadata is corrupt.
  static absl::StatusOr<std::unique_ptr<BlobStoreDatabase>> Open(
      Options options);

  ~BlobStoreDatabase();
  BlobStoreDatabase(const BlobStoreDatabase&) = delete;
  BlobStoreDatabase& operator=(const BlobStoreDatabase&) = delete;

  using Operation = absl::FunctionRef<rocksdb::Status(rocksdb::DB& db)>;

  // Runs an operation that only reads. ABORTED if the database could not be
  // reopened.
  rocksdb::Status Read(Operation operation) const;

  // Runs an operation that writes. After a failed write RocksDB refuses all
  // writes until it is reopened; this method does that as soon as the disk has
  // space, and then runs `operation` again. So `operation` must be idempotent.
  // After an error its outcome is unknown.
  rocksdb::Status Change(Operation operation);

  // Change() with the batch that `fill` makes. Errors: RESOURCE_EXHAUSTED when
  // the disk is full; INTERNAL.
  absl::Status Write(bool sync,
                     absl::FunctionRef<void(rocksdb::WriteBatch* batch)> fill);

  // Compacts the inline content, which frees the disk space of deleted content.
  // The duration is proportional to the content; setting `cancelled` ends it
  // early. Errors: as Write().
  absl::Status CompactInline(std::atomic<bool>* cancelled);

  // Bytes of the files with inline content. Cheap.
  uint64_t InlineFileBytes() const;

  // Deletes all records.
  rocksdb::Status ResetRecords();

  // Valid within an operation only.
  rocksdb::ColumnFamilyHandle* blobs() const { return families_[kBlobs]; }
  rocksdb::ColumnFamilyHandle* inlined() const { return families_[kInline]; }
  rocksdb::ColumnFamilyHandle* chunks(size_t shard) const {
    return families_[kFirstChunks + shard];
  }
  rocksdb::ColumnFamilyHandle* chunks(const Digest& digest) const;

  // The cache whose handles keep blocks of chunks in memory while readers use
  // them. It does not keep unused blocks.
  const std::shared_ptr<rocksdb::Cache>& chunk_cache() const {
    return chunk_cache_;
  }
  // Options for writing files that are added to chunks().
  rocksdb::Options ChunkFileOptions() const;
  // Directory for files that are still being written and are not part of the
  // database yet.
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

  // Each operation runs between Enter() and Leave(). The database is reopened
  // only while no operation runs.
  void Enter() const;
  void Leave() const;
  // Whether the database takes writes again.
  bool Reopen();
  bool OpenAnew();
  bool HasRoom() const;
  // Removes damaged files and what depends on them.
  rocksdb::Status DropDamagedFiles();
  bool IsDamaged(const rocksdb::LiveFileMetaData& file) const;
  rocksdb::Status ResetFamily(Family family);
  absl::Status CheckFormat();

  const Options options_;
  const std::unique_ptr<rocksdb::Env> env_;
  const std::shared_ptr<rocksdb::Cache> chunk_cache_;
  const std::shared_ptr<rocksdb::Cache> record_cache_;
  // Notices when RocksDB refuses writes.
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

#endif  // SERVICES_BLOB_STORE_DATABASE_BLOB_STORE_DATABASE_H_
