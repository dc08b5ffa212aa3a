#ifndef SERVICES_METADATA_CACHE_ROWS_H_
#define SERVICES_METADATA_CACHE_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "protos/cvr/v1/cache_entry.pb.h"
#include "services/metadata/metadata_store.h"

namespace cvr {

// Makes the next pull of the entry's path ask the upstream: deletes the entry
// and, unless another entry of the repository says the same, that the upstream
// has its digest. Bytes that nothing points at any more become garbage.
absl::Status ForgetEntry(WriteTransaction& transaction,
                         const v1::CacheEntry& entry);

// Everything that is cached of one upstream, deleted piece by piece, so that no
// transaction has to be long. What is recorded meanwhile may stay. Not
// thread-safe.
class CacheRemoval {
 public:
  explicit CacheRemoval(int64_t upstream_id) : upstream_id_(upstream_id) {}

  // Deletes at most `rows_max` rows (at least 1) with what hangs on them.
  // Returns whether there may be more. After an error, or when the transaction
  // is not committed, the object is of no use any more.
  absl::StatusOr<bool> Step(WriteTransaction& transaction, int rows_max);

  // Deleted so far.
  int64_t entries() const { return entries_; }
  int64_t bytes() const { return bytes_; }

 private:
  absl::StatusOr<int> DropEntries(WriteTransaction& transaction, int rows_max);

  const int64_t upstream_id_;
  int table_ = 0;  // The one at work.
  std::string cursor_;
  int64_t entries_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_CACHE_ROWS_H_
