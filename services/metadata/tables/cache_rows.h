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

// Everything that is cached of one upstream, deleted piece by piece, so that no
// transaction has to be long. What is recorded meanwhile may stay. Not
// thread-safe.
class CacheRemoval {
 public:
  enum class Of {
    kUpstream,  // It stays, and may be recorded of meanwhile.
    kDeletedUpstream,
  };

  CacheRemoval(int64_t upstream_id, Of of)
      : upstream_id_(upstream_id), of_(of) {}

  // Deletes so much that about limits::kRowsPerTransaction rows are touched.
  // Returns whether there may be more. After an error, or when the transaction
  // is not committed, the object is of no use any more.
  absl::StatusOr<bool> Step(WriteTransaction& transaction);

  // Deleted so far.
  int64_t entries() const { return entries_; }
  int64_t bytes() const { return bytes_; }

 private:
  // Each deletes some rows of one table, and returns whether there may be more.
  absl::StatusOr<bool> Drop(WriteTransaction& transaction);
  absl::StatusOr<bool> DropEntries(WriteTransaction& transaction);
  absl::StatusOr<bool> DropRows(WriteTransaction& transaction);

  const int64_t upstream_id_;
  const Of of_;
  int table_ = 0;  // The one at work.
  std::string cursor_;
  int64_t entries_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_TABLES_CACHE_ROWS_H_
