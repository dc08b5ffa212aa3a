#ifndef SERVICES_CONCURRENCY_FAIR_POOL_H_
#define SERVICES_CONCURRENCY_FAIR_POOL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"
#include "services/concurrency/thread.h"

namespace cvr {

// A ThreadPool that divides its threads and its queue fairly among tenants and
// upstreams (see ShareLedger). An upstream whose tasks block for a long time
// uses up its own share only; its further tasks wait in the queue, without a
// thread, while the tasks of others run. Tasks of one key run in the order in
// which they were scheduled. Tenants take turns, and so do the upstreams of a
// tenant. Thread-safe.
class FairPool {
 public:
  struct Options {
    std::string name;
    // The plural of what a task is, for error messages: "downloads".
    const char* what = "tasks";
    size_t threads_max = 0;       // At least 1.
    size_t queued_tasks_max = 0;  // Beyond the running ones.
    // Threads of one upstream; 0 = a quarter.
    size_t threads_per_upstream_max = 0;
  };

  explicit FairPool(Options options);
  // Waits for every accepted task.
  ~FairPool();
  FairPool(const FairPool&) = delete;
  FairPool& operator=(const FairPool&) = delete;

  using Task = absl::AnyInvocable<void()>;

  // Errors, without running `task`: those of ShareRefusal() when the queue, or
  // the key's share of it, is full; UNAVAILABLE after Shutdown().
  absl::Status Schedule(const ShareKey& key, Task task);

  // Schedules the next part of work whose first part was admitted by Schedule()
  // and that gave its thread back in between. The bound of the queue does not
  // apply again. False only after Shutdown().
  [[nodiscard]] bool Resume(const ShareKey& key, Task task);

  // Accepts nothing more and waits for every accepted task. Idempotent.
  void Shutdown();

  // Now running.
  size_t running_count() const;
  size_t queued_count() const;

 private:
  struct Work {
    ShareKey key;
    Task task;
  };
  using Queue = std::deque<Task>;
  struct Tenant {
    std::map<int64_t, Queue> queues;  // By upstream; never an empty one.
    int64_t served_last = 0;
  };

  void Start(Work work) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run(Work work);
  // The next task that may run, taken out of its queue.
  std::optional<Work> PickNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Work> PickOf(const std::string& name, Tenant& tenant)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enqueue(const ShareKey& key, Task task)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const char* const what_;
  ThreadPool threads_;

  mutable Mutex mutex_;
  CondVar ended_;
  ShareLedger running_ ABSL_GUARDED_BY(mutex_);
  ShareLedger queued_ ABSL_GUARDED_BY(mutex_);
  // Only tenants with queued tasks.
  std::map<std::string, Tenant> tenants_ ABSL_GUARDED_BY(mutex_);
  std::string served_last_ ABSL_GUARDED_BY(mutex_);
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_FAIR_POOL_H_
