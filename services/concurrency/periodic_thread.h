#ifndef SERVICES_CONCURRENCY_PERIODIC_THREAD_H_
#define SERVICES_CONCURRENCY_PERIODIC_THREAD_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"

namespace cvr {

// One thread that calls the same work again and again: after a delay, and
// earlier when it is woken. The project's only loop of this kind, so that every
// background job wakes, stops and ends in the same way. Jobs that take items
// from a queue, or that must finish what waits before they end, have loops of
// their own.
//
// The work usually uses other members of the object that owns this one: declare
// this one last, then it is destroyed, and its thread has ended, before them.
// Thread-safe, Start() excepted.
class PeriodicThread {
 public:
  // One run of the work. Returns the delay until the next run: zero for "at
  // once", absl::InfiniteDuration() for "only when woken".
  using Work = absl::AnyInvocable<absl::Duration()>;

  // How the thread waits, called with `mutex` held, as
  // CondVar::WaitWithTimeout() is: returns true when `timeout` has passed, may
  // return false at any time, and has to return when `changed` is signalled.
  // Tests replace it, so that they do not depend on real time.
  using Wait =
      std::function<bool(CondVar& changed, Mutex* mutex, absl::Duration)>;
  static bool RealWait(CondVar& changed, Mutex* mutex, absl::Duration timeout);

  // `name` is that of the thread (thread.h).
  PeriodicThread(std::string name, Work work, Wait wait = RealWait);
  // Stops, and waits for the run in progress.
  ~PeriodicThread();
  PeriodicThread(const PeriodicThread&) = delete;
  PeriodicThread& operator=(const PeriodicThread&) = delete;

  // Starts the thread, which runs the work for the first time after
  // `first_delay`, or at once if it was woken before. Call at most once.
  void Start(absl::Duration first_delay);

  // Makes the next run begin now, or right after the run in progress. Several
  // calls before a run begins cause one run. Does not wait.
  void Wake();

  // No run begins any more; the one in progress goes on. Final, idempotent,
  // does not wait.
  void Stop();

  // Whether Stop() was called: long work looks here now and then.
  bool stopping() const;

 private:
  void Run(absl::Duration delay);
  // Returns false when it is time to stop.
  bool AwaitNextRun(absl::Duration delay);

  const std::string name_;
  Work work_;  // Called by the thread alone.
  const Wait wait_;

  mutable Mutex mutex_;
  CondVar changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::unique_ptr<Thread> thread_;  // Set by Start().
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_PERIODIC_THREAD_H_
