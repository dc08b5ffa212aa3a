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

// One long-lived thread. Its owner must make `body` return before destroying
// it; there is no way to stop it from outside.
class Thread {
 public:
  // `name` is shown by ps and debuggers, cut to 15 characters.
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

  // The number of threads, including idle ones.
  size_t thread_count() const;

 private:
  // An idle thread that waits for a task.
  struct Worker {
    CondVar wake;
    bool called = false;
  };

  void Work();
  // Returns false if the worker must end.
  bool AwaitCall(Worker& self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;

  mutable Mutex mutex_;
  CondVar ended_;
  std::deque<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  // In the order in which they became idle, the latest last.
  std::vector<Worker*> idle_ ABSL_GUARDED_BY(mutex_);
  // Workers that were woken or started and have not taken a task yet.
  size_t coming_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_THREAD_H_
