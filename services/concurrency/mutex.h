#ifndef SERVICES_CONCURRENCY_MUTEX_H_
#define SERVICES_CONCURRENCY_MUTEX_H_

// The project's only mutex. Not absl::Mutex: its waits end by the wall clock,
// so that setting that clock back would prolong them by as much, and Debian's
// Abseil is not instrumented, which would hide every lock from ThreadSanitizer.

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cvr {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

class CondVar {
 public:
  void Wait(Mutex* mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // Returns true when `timeout` has passed, measured by a clock that nobody can
  // set. May return earlier for no reason, like Wait(); to wait again, pass the
  // time that is left (SteadyDeadline).
  bool WaitWithTimeout(Mutex* mutex, absl::Duration timeout) {
    if (timeout > kForEver) {
      Wait(mutex);
      return false;
    }
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    const auto result =
        condition_.wait_until(lock, std::chrono::steady_clock::now() +
                                        absl::ToChronoNanoseconds(timeout));
    lock.release();
    return result == std::cv_status::timeout;
  }
  // The same for a deadline of the wall clock, which is converted to a timeout
  // at the call: setting the clock during the wait has no effect on this wait,
  // but on the next one.
  bool WaitWithDeadline(Mutex* mutex, absl::Time deadline) {
    return WaitWithTimeout(mutex, deadline - absl::Now());
  }
  void Signal() { condition_.notify_one(); }
  void SignalAll() { condition_.notify_all(); }

 private:
  // Stands for infinite timeouts; longer ones would overflow the clock's type.
  static constexpr absl::Duration kForEver = absl::Hours(24 * 365 * 100);

  std::condition_variable condition_;
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_MUTEX_H_
