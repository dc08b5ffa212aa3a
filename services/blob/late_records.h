#ifndef SERVICES_BLOB_LATE_RECORDS_H_
#define SERVICES_BLOB_LATE_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "services/common/content.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/cache_recorder.h"

namespace cvr {

// What is to be recorded once the metadata service is there again, in the order
// in which it was found out. Of a path, what is found out later counts.
// Thread-safe.
class LateRecords {
 public:
  struct Options {
    size_t records_max = 4096;
    // References of manifests are most of it.
    size_t bytes_max = 16 << 20;
    // An upstream may have a quarter of both.
    size_t upstream_share = 4;
  };

  explicit LateRecords(const Options& options) : options_(options) {}
  LateRecords() : LateRecords(Options{}) {}

  // False when there is no room.
  [[nodiscard]] bool Add(const CacheRecord& record);
  // Something newer is known of the path.
  void Forget(int64_t upstream_id, const ContentRef& content);

  struct Late {
    uint64_t number = 0;
    CacheRecord record;
  };
  // The oldest, which stays until it is removed.
  std::optional<Late> First() const;
  void Remove(uint64_t number);

 private:
  struct Used {
    size_t records = 0;
    size_t bytes = 0;
  };
  using Records = std::list<Late>;

  bool Fits(const Used& used, size_t bytes, size_t share) const;
  void Remove(Records::iterator record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  Records records_ ABSL_GUARDED_BY(mutex_);
  Used all_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<int64_t, Used> of_upstream_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_LATE_RECORDS_H_
