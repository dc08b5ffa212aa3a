#ifndef SERVICES_UPSTREAM_GATE_CONCURRENCY_LIMITER_H_
#define SERVICES_UPSTREAM_GATE_CONCURRENCY_LIMITER_H_

#include <cstddef>
#include <list>

#include "services/concurrency/mutex.h"

namespace cvr {

// Classes of requests that are limited differently.
enum class Traffic {
  kQuick,  // Manifests and lists.
  kBlob,   // Perhaps gigabytes.
};

// Limits the number of concurrent requests to one upstream; further requests
// wait in a queue, first come, first served. Blobs never take the last quarter
// of the permits (at least one, if there are several), so that manifests do not
// have to wait for downloads.
//
// Not thread-safe: a mutex of its owner must guard it. A request waits with
// that mutex on `granted_or_woken`.
class ConcurrencyLimiter {
 public:
  struct Waiter {
    explicit Waiter(Traffic traffic) : traffic(traffic) {}
    const Traffic traffic;
    bool is_granted = false;
    CondVar granted_or_woken;
  };
  using Handle = std::list<Waiter>::iterator;

  // Sets the limit, to at least 1. A higher limit grants permits at once; a
  // lower one does not end running requests.
  void SetLimit(int limit);

  // Enters the queue. A permit is granted at once if one is free for `traffic`.
  Handle Acquire(Traffic traffic);
  // Returns the permit, or leaves the queue without one.
  void Release(Handle handle);
  // Wakes all waiting requests, which then check their conditions again.
  void WakeAll();

  size_t running() const { return running_.size(); }
  size_t waiting() const { return waiting_.size(); }

 private:
  bool Fits(Traffic traffic) const;
  void Grant();

  size_t limit_ = 1;
  size_t running_blobs_ = 0;
  std::list<Waiter> running_;
  std::list<Waiter> waiting_;  // The longest waiting first.
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_CONCURRENCY_LIMITER_H_
