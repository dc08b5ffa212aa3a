#ifndef TESTS_SUPPORT_WATCHDOG_H_
#define TESTS_SUPPORT_WATCHDOG_H_

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"

namespace cvr::testing {

// For tests of what must not hang: ends the process with a message that says
// what was being done, when that takes longer than `patience`. Thread-safe.
class Watchdog {
 public:
  explicit Watchdog(absl::Duration patience)
      : patience_(patience), thread_("watchdog", [this] { Watch(); }) {}

  ~Watchdog() {
    MutexLock lock(&mutex_);
    done_ = true;
    changed_.SignalAll();
  }

  // Begins anew to be patient.
  void Doing(std::string what) {
    MutexLock lock(&mutex_);
    doing_ = std::move(what);
    since_ = absl::Now();
    changed_.SignalAll();
  }

 private:
  void Watch() {
    MutexLock lock(&mutex_);
    while (!done_) {
      const absl::Time deadline = since_ + patience_;
      changed_.WaitWithDeadline(&mutex_, deadline);
      if (done_ || absl::Now() < since_ + patience_) continue;
      std::cerr << "hangs for " << patience_ << ": " << doing_ << std::endl;
      std::abort();
    }
  }

  const absl::Duration patience_;
  Mutex mutex_;
  CondVar changed_;
  std::string doing_ ABSL_GUARDED_BY(mutex_) = "starting";
  absl::Time since_ ABSL_GUARDED_BY(mutex_) = absl::Now();
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_WATCHDOG_H_
