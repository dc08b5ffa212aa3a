#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_WINDOW_BUDGET_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_WINDOW_BUDGET_H_

#include <cstddef>

#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"

namespace cvr {

// Limits the buffer memory of all downloads together
// (--downloads_window_bytes_total), counted in chunks. A download takes a chunk
// to enlarge its window and returns all of them when it ends. No upstream and
// no group gets more than its share (see ShareLedger).
//
// The first two chunks of each window are not counted, because a download needs
// them to make progress: total memory may exceed the limit by two chunks per
// download. Thread-safe.
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
