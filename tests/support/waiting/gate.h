#ifndef TESTS_SUPPORT_WAITING_GATE_H_
#define TESTS_SUPPORT_WAITING_GATE_H_

#include <stop_token>

#include "services/concurrency/mutex.h"

namespace cvr::testing {

// Holds somebody at a known place until the test lets them go on: instead of
// sleeping. Thread-safe.
class Gate {
 public:
  // Lets everybody pass, now and later.
  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.SignalAll();
  }

  // Arrives, then blocks until the gate is open or `cancel` says so.
  void Pass(const std::stop_token& cancel = {}) {
    const std::stop_callback wake(cancel, [this] {
      MutexLock lock(&mutex_);
      changed_.SignalAll();
    });
    MutexLock lock(&mutex_);
    ++arrivals_;
    changed_.SignalAll();
    while (!open_ && !cancel.stop_requested()) changed_.Wait(&mutex_);
  }

  // Blocks until Pass() has been called `count` times in all.
  void AwaitArrivals(int count = 1) {
    MutexLock lock(&mutex_);
    while (arrivals_ < count) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int arrivals_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_WAITING_GATE_H_
