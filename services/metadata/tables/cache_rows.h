#ifndef SERVICES_METADATA_TABLES_CACHE_ROWS_H_
#define SERVICES_METADATA_TABLES_CACHE_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cache.pb.h"

namespace cvr {

// Makes the next pull of the entry's path ask the upstream: deletes the entry
// and, unless another entry of the repository says the same, that the upstream
// has its digest. Bytes that nothing points at any more become garbage. Touches
// about 15 rows.
absl::Status ForgetEntry(WriteTransaction& transaction,
                         const stored::CacheEntry& entry);

// The rows of one upstream that are purged, or of one that is deleted, deleted
// piece by piece, so that no transaction has to be long. What is recorded
// meanwhile stays. Not thread-safe.
class CacheRemoval {
 public:
  // `purge_mark` is what purges::Begin() gave the upstream; purges::kAll = the
  // upstream is deleted.
  CacheRemoval(int64_t upstream_id, int64_t purge_mark)
      : upstream_id_(upstream_id), purge_mark_(purge_mark) {}

  // Deletes so much that about limits::kRowsPerTransaction rows are touched,
  // and at the end that there is something to delete. Returns whether there may
  // be more. After an error, or when the transaction is not committed, the
  // object is of no use any more.
  absl::StatusOr<bool> Step(WriteTransaction& transaction);

  // Deleted so far.
  int64_t entries() const { return entries_; }
  int64_t bytes() const { return bytes_; }

 private:
  // Each deletes some rows of one table, and returns whether there may be more.
  absl::StatusOr<bool> Drop(WriteTransaction& transaction);
  absl::StatusOr<bool> DropEntries(WriteTransaction& transaction);
  absl::StatusOr<bool> DropRows(WriteTransaction& transaction, Table table);

  const int64_t upstream_id_;
  const int64_t purge_mark_;
  int table_ = 0;  // The one at work.
  std::string cursor_;
  int64_t entries_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_TABLES_CACHE_ROWS_H_
