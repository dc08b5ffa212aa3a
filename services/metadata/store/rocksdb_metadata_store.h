#ifndef SERVICES_METADATA_STORE_ROCKSDB_METADATA_STORE_H_
#define SERVICES_METADATA_STORE_ROCKSDB_METADATA_STORE_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// A MetadataStore in a directory: one column family per table, every write
// through the log.
class RocksDbMetadataStore : public MetadataStore {
 public:
  struct Options {
    // Not owned; must outlive the store. Null = the system's.
    rocksdb::Env* env = nullptr;
    // Memory for blocks of the files, bytes.
    size_t block_cache_bytes = 64 << 20;
  };

  // Opens the store in `directory` and creates both if they are missing. A
  // store of version 3 is marked as version 4; Migrate() must then migrate its
  // rows (migration.h). Errors: FAILED_PRECONDITION if the directory contains
  // something else or a store of another format version; DATA_LOSS if the store
  // is corrupt; UNAVAILABLE if it cannot be opened, for example because another
  // process has it open.
  static absl::StatusOr<std::unique_ptr<RocksDbMetadataStore>> Open(
      const std::string& directory, const Options& options);
  static absl::StatusOr<std::unique_ptr<RocksDbMetadataStore>> Open(
      const std::string& directory) {
    return Open(directory, Options{});
  }

  ~RocksDbMetadataStore() override;

  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override;
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override;

 private:
  using Handles = std::array<rocksdb::ColumnFamilyHandle*, kTableCount>;

  explicit RocksDbMetadataStore(std::unique_ptr<rocksdb::DB> db);

  // Checks or writes the format version and creates missing tables. `names` are
  // the names of the tables in `opened_`.
  absl::Status Prepare(const std::vector<std::string>& names,
                       const rocksdb::ColumnFamilyOptions& options);

  const std::unique_ptr<rocksdb::DB> db_;
  // Set while opening, then constant.
  std::vector<rocksdb::ColumnFamilyHandle*> opened_;
  Handles tables_ = {};

  // Held for a whole write.
  Mutex write_mutex_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_STORE_ROCKSDB_METADATA_STORE_H_
