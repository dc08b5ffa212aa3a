#ifndef SERVICES_UPSTREAM_GATE_REQUEST_SLOTS_H_
#define SERVICES_UPSTREAM_GATE_REQUEST_SLOTS_H_

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
// of the slots (at least one, if there are several), so that manifests do not
// have to wait for downloads.
//
// Not thread-safe: a mutex of its owner must guard it. A request waits with
// that mutex on `granted_or_woken`.
class RequestSlots {
 public:
  struct Turn {
    explicit Turn(Traffic traffic) : traffic(traffic) {}
    const Traffic traffic;
    bool is_granted = false;
    CondVar granted_or_woken;
  };
  using Place = std::list<Turn>::iterator;

  // Sets the limit, to at least 1. A higher limit grants slots at once; a lower
  // one does not end running requests.
  void SetLimit(int limit);

  // Enters the queue. A slot is granted at once if one is free for `traffic`.
  Place Join(Traffic traffic);
  // Returns the slot, or leaves the queue without one.
  void Leave(Place place);
  // Wakes all waiting requests, which then check their conditions again.
  void WakeAll();

  size_t running() const { return running_.size(); }
  size_t waiting() const { return waiting_.size(); }

 private:
  bool Fits(Traffic traffic) const;
  void Grant();

  size_t limit_ = 1;
  size_t running_blobs_ = 0;
  std::list<Turn> running_;
  std::list<Turn> waiting_;  // The longest waiting first.
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_REQUEST_SLOTS_H_
