#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_WINDOW_BUDGET_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_WINDOW_BUDGET_H_

#include <cstddef>

#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"

namespace cvr {

// Memory that the windows of all downloads share, counted in chunks. The two
// that each window needs to make progress are not part of it. No upstream and
// no tenant gets more than its share (see ShareLedger). Thread-safe.
class WindowBudget {
 public:
  explicit WindowBudget(size_t chunks_max) : taken_({.total = chunks_max}) {}

  // One chunk. False when all, or all of the share, are given out.
  [[nodiscard]] bool Take(const ShareKey& share) {
    MutexLock lock(&mutex_);
    if (!taken_.Admits(share)) return false;
    taken_.Take(share);
    return true;
  }
  void Return(const ShareKey& share, size_t chunks) {
    if (chunks == 0) return;
    MutexLock lock(&mutex_);
    taken_.Return(share, chunks);
  }

  size_t taken() const {
    MutexLock lock(&mutex_);
    return taken_.held();
  }

 private:
  mutable Mutex mutex_;
  ShareLedger taken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_WINDOW_BUDGET_H_
