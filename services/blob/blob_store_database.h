#ifndef SERVICES_BLOB_BLOB_STORE_DATABASE_H_
#define SERVICES_BLOB_BLOB_STORE_DATABASE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"
#include "services/common/digest.h"

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
  // UNAVAILABLE when another process has it open; INTERNAL; DATA_LOSS when
  // RocksDB's own bookkeeping is damaged.
  static absl::StatusOr<std::unique_ptr<BlobStoreDatabase>> Open(
      Options options);

  ~BlobStoreDatabase();
  BlobStoreDatabase(const BlobStoreDatabase&) = delete;
  BlobStoreDatabase& operator=(const BlobStoreDatabase&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::Env& env() const { return *options_.env; }
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

  // Errors: RESOURCE_EXHAUSTED when the disk is full; INTERNAL.
  absl::Status Write(rocksdb::WriteBatch* batch, bool sync);

  // Runs `change`, which changes the database. After a failure it makes RocksDB
  // leave its read-only state, which is possible once the disk has room again,
  // and runs it once more.
  rocksdb::Status Change(const std::function<rocksdb::Status()>& change);

  // Forgets every record.
  rocksdb::Status ResetRecords();

 private:
  enum Family { kDefault, kBlobs, kInline, kFirstChunks };

  explicit BlobStoreDatabase(Options options);

  rocksdb::DBOptions DatabaseOptions(bool paranoid) const;
  rocksdb::ColumnFamilyOptions RecordOptions() const;
  rocksdb::ColumnFamilyOptions ChunkOptions() const;
  std::vector<rocksdb::ColumnFamilyDescriptor> Families() const;

  rocksdb::Status OpenOnce(bool paranoid);
  void Close();
  // Drops what the files on disk no longer support.
  rocksdb::Status DropDamagedFiles();
  bool IsDamaged(const rocksdb::LiveFileMetaData& file) const;
  rocksdb::Status ResetFamily(Family family);
  absl::Status CheckFormat();

  const Options options_;
  const std::shared_ptr<rocksdb::Cache> chunk_cache_;
  const std::shared_ptr<rocksdb::Cache> record_cache_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_BLOB_STORE_DATABASE_H_
