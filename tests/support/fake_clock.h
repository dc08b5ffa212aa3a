#ifndef TESTS_SUPPORT_FAKE_CLOCK_H_
#define TESTS_SUPPORT_FAKE_CLOCK_H_

#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"

namespace cvr::testing {

// Stands still until told otherwise. Thread-safe.
class FakeClock : public Clock {
 public:
  absl::Time Now() const override {
    MutexLock lock(&mutex_);
    return steady_now_ + jumped_;
  }
  absl::Time SteadyNow() const override {
    MutexLock lock(&mutex_);
    return steady_now_;
  }
  // Time passes.
  void Advance(absl::Duration by) {
    MutexLock lock(&mutex_);
    steady_now_ += by;
  }
  // Somebody sets the wall clock, forth or back.
  void JumpWall(absl::Duration by) {
    MutexLock lock(&mutex_);
    jumped_ += by;
  }

 private:
  mutable Mutex mutex_;
  absl::Time steady_now_ ABSL_GUARDED_BY(mutex_) =
      absl::FromUnixSeconds(1'700'000'000);
  absl::Duration jumped_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_FAKE_CLOCK_H_
