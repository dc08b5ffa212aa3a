#ifndef TESTS_SUPPORT_WAITING_LATCH_H_
#define TESTS_SUPPORT_WAITING_LATCH_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"

namespace cvr::testing {

// Something that happens once. Thread-safe.
class Latch {
 public:
  void Set() {
    MutexLock lock(&mutex_);
    set_ = true;
    changed_.SignalAll();
  }

  // Whether it has happened, after waiting for it for at most so long.
  bool WaitFor(absl::Duration duration) {
    const absl::Time deadline = absl::Now() + duration;
    MutexLock lock(&mutex_);
    while (!set_) {
      if (changed_.WaitWithDeadline(&mutex_, deadline)) break;
    }
    return set_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_WAITING_LATCH_H_
