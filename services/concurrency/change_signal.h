#ifndef SERVICES_CONCURRENCY_CHANGE_SIGNAL_H_
#define SERVICES_CONCURRENCY_CHANGE_SIGNAL_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Lets calls wait until something has changed. Who waits first remembers
// version(), then looks, then waits for a version that differs: so no change is
// missed. Thread-safe.
class ChangeSignal {
 public:
  uint64_t version() const {
    MutexLock lock(&mutex_);
    return version_;
  }

  // Something has changed.
  void Notify() {
    MutexLock lock(&mutex_);
    ++version_;
    changed_.SignalAll();
  }

  // Lets go everybody who waits, now and later. Final.
  void Stop() {
    MutexLock lock(&mutex_);
    stopped_ = true;
    changed_.SignalAll();
  }
  bool stopped() const {
    MutexLock lock(&mutex_);
    return stopped_;
  }

  // Waits until the version differs from `seen`, at most until `deadline`, and
  // as long as nobody has stopped it and `is_cancelled`, which is asked every
  // second, is false.
  template <typename IsCancelled>
  void Await(uint64_t seen, const SteadyDeadline& deadline,
             IsCancelled&& is_cancelled) const {
    MutexLock lock(&mutex_);
    while (version_ == seen && !stopped_ && !deadline.has_passed() &&
           !is_cancelled()) {
      changed_.WaitWithTimeout(&mutex_,
                               std::min(deadline.left(), absl::Seconds(1)));
    }
  }

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_CHANGE_SIGNAL_H_
