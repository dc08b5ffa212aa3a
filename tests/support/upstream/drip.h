#ifndef TESTS_SUPPORT_UPSTREAM_DRIP_H_
#define TESTS_SUPPORT_UPSTREAM_DRIP_H_

#include <algorithm>
#include <cstddef>

#include "services/concurrency/mutex.h"

namespace cvr::testing {

// Hands bytes out only as the test allows them: an upstream that is slow
// without a clock. Thread-safe.
class Drip {
 public:
  // So many bytes more.
  void Allow(size_t bytes) {
    MutexLock lock(&mutex_);
    allowed_bytes_ += bytes;
    changed_.SignalAll();
  }

  // No limit any more.
  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.SignalAll();
  }

  // Takes up to `bytes_max`, which is not 0; blocks until there is something.
  size_t Take(size_t bytes_max) {
    MutexLock lock(&mutex_);
    while (!open_ && allowed_bytes_ == 0) changed_.Wait(&mutex_);
    if (open_) return bytes_max;
    const size_t taken = std::min(allowed_bytes_, bytes_max);
    allowed_bytes_ -= taken;
    return taken;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  size_t allowed_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_UPSTREAM_DRIP_H_
