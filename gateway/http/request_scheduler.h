#ifndef GATEWAY_HTTP_REQUEST_SCHEDULER_H_
#define GATEWAY_HTTP_REQUEST_SCHEDULER_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// In whose name a request takes a thread.
struct RequestShare {
  // Requests of one queue wait for each other, in their order: a registry,
  // logins, administration.
  std::string queue;
  // A kind of request that is bounded over all queues, such as lists; empty =
  // none.
  std::string kind;
  // The client that limits are kept for, as TrustedProxies::ClientAddressOf()
  // says; empty = not known.
  std::string client;
};

// Decides which requests run. A running request holds a thread, from its
// handler to the last byte of its reply.
//
// * A queue, a kind and a client each have a share of the threads, well below
//   the whole, and a client's is half a queue's, so that none has a queue for
//   itself. The last threads are a reserve for queues that run few requests.
// * A request over the share of its queue or its client waits here, without a
//   thread: as many of each as may run, and for a bounded time. A request over
//   the share of its kind is refused.
// * When a request has to wait or is refused, one of the running requests that
//   are in its way is broken off, if there is one whose client has taken
//   nothing of its reply for `stall_grace`: the one that has done so longest.
//
// Thread-safe. Callbacks are called without a lock.
class RequestScheduler {
 public:
  struct Options {
    size_t threads_max = 1024;
    // Of one queue or kind; 0 = a quarter of the threads.
    size_t queue_max = 0;
    // Of one client; 0 = half of a queue's.
    size_t client_max = 0;
    absl::Duration wait_max = absl::Seconds(10);
    absl::Duration stall_grace = absl::Seconds(10);

    // What the zeros above come to; at least 1.
    size_t QueueMax() const;
    size_t ClientMax() const;
  };

  // A request that runs or waits.
  class Job {
   public:
    virtual ~Job() = default;
    // Since when its client takes nothing, by SteadyTime();
    // absl::InfiniteFuture() while it does.
    virtual absl::Time stalled_since() const = 0;
    // Makes it end soon. Called from any thread, while it runs.
    virtual void BreakOff() = 0;

   private:
    friend class RequestScheduler;
    RequestShare share_;
    absl::Time queued_at_;
    bool broken_off_ = false;
    std::list<Job*>::iterator place_;
  };

  // Gets the jobs that have waited, when it is their turn.
  using Start = std::function<void(std::unique_ptr<Job>)>;

  RequestScheduler(const Options& options, Start start);

  enum class Outcome {
    kRuns,     // Leave() must follow.
    kWaits,    // The gate has taken the job.
    kRefused,  // The caller still has it.
  };
  Outcome Enter(std::unique_ptr<Job>& job, RequestShare share);

  // `job` runs no more.
  void Leave(Job& job);

  // Takes those that have waited for too long; all of them when `everyone`.
  std::vector<std::unique_ptr<Job>> TakeExpired(bool everyone);

 private:
  struct Queue {
    std::list<Job*> running;
    std::deque<std::unique_ptr<Job>> waiting;
  };
  struct Refusals {
    size_t count = 0;
    absl::Time last_at;
  };
  using Counts = absl::flat_hash_map<std::string, size_t>;

  bool HasRoom(const Queue& queue) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayRun(const Queue& queue, const RequestShare& share) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Why a request that may not run may not wait either; empty = it may.
  std::string WhyRefused(const Queue& queue, const RequestShare& share) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::unique_ptr<Job> TakeWaiting(
      Queue& queue, std::deque<std::unique_ptr<Job>>::iterator place)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run(Queue& queue, Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next that may run, if any.
  std::unique_ptr<Job> TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BreakOffStalled(const Queue& queue, const RequestShare& share)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteRefusal(const std::string& cause)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteCalm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const size_t queue_max_;
  const size_t client_max_;
  const Start start_;

  Mutex mutex_;
  absl::flat_hash_map<std::string, Queue> queues_ ABSL_GUARDED_BY(mutex_);
  // Running requests.
  Counts kinds_ ABSL_GUARDED_BY(mutex_);
  Counts clients_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  // Waiting requests.
  Counts waiting_clients_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  // Names of queues in which a request waits, in turn.
  std::deque<std::string> turns_ ABSL_GUARDED_BY(mutex_);
  // By cause, since they were logged first.
  absl::flat_hash_map<std::string, Refusals> refusals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_REQUEST_SCHEDULER_H_
