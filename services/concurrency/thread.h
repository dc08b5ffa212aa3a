#ifndef SERVICES_CONCURRENCY_THREAD_H_
#define SERVICES_CONCURRENCY_THREAD_H_

#include <cstddef>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// The only place that starts threads.

// One long-lived thread. Whoever owns it must make `body` return before
// destroying it.
class Thread {
 public:
  // `name` is shown by ps and debuggers; its first 15 characters count.
  Thread(std::string name, absl::AnyInvocable<void()> body);
  // Waits for `body` to return.
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

 private:
  std::thread thread_;
};

// Threads for tasks that may block. Grows with the tasks, up to a bound, and
// shrinks when idle. Thread-safe.
class ThreadPool {
 public:
  struct Options {
    std::string name;
    size_t threads_max = 0;       // At least 1.
    size_t queued_tasks_max = 0;  // Beyond the running ones.
    absl::Duration idle_timeout = absl::Seconds(30);
  };

  explicit ThreadPool(Options options);
  // Waits for every accepted task.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // False, without running `task`, when the queue is full or Shutdown() was
  // called.
  [[nodiscard]] bool Schedule(absl::AnyInvocable<void()> task);

  // Accepts nothing more and waits for every accepted task. Idempotent.
  void Shutdown();

  // Now running, idle ones included.
  size_t thread_count() const;

 private:
  // A thread that may be called to work.
  struct Worker {
    CondVar wake;
    bool called = false;
  };

  void Work();
  // False when the worker is to end.
  bool AwaitCall(Worker& self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;

  mutable Mutex mutex_;
  CondVar ended_;
  std::deque<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  // The last one has become idle last.
  std::vector<Worker*> idle_ ABSL_GUARDED_BY(mutex_);
  // Called or started, and not at work yet.
  size_t coming_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_THREAD_H_
