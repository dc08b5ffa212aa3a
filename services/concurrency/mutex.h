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
  // Returns true when `timeout` has passed, by a clock that nobody can set. May
  // wake earlier, as Wait() may: whoever waits again gives what is left
  // (SteadyDeadline).
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
  // The same until a time of the wall clock, as that is now: a jump meanwhile
  // does not move the end of this wait, though it does that of the next one.
  bool WaitWithDeadline(Mutex* mutex, absl::Time deadline) {
    return WaitWithTimeout(mutex, deadline - absl::Now());
  }
  void Signal() { condition_.notify_one(); }
  void SignalAll() { condition_.notify_all(); }

 private:
  // Longer than anybody waits; the clock's own type overflows later.
  static constexpr absl::Duration kForEver = absl::Hours(24 * 365 * 100);

  std::condition_variable condition_;
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_MUTEX_H_
