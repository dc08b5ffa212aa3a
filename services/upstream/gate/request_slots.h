#ifndef SERVICES_UPSTREAM_GATE_REQUEST_SLOTS_H_
#define SERVICES_UPSTREAM_GATE_REQUEST_SLOTS_H_

#include <cstddef>
#include <list>

#include "services/concurrency/mutex.h"

namespace cvr {

// What a request moves.
enum class Traffic {
  kQuick,  // Manifests and lists.
  kBlob,   // Perhaps gigabytes.
};

// The requests that one upstream gets at the same time, and the line of those
// that wait for their turn. First come, first served, except that blobs never
// take the last quarter of the slots (at least one, when there are several):
// manifests do not wait for downloads.
//
// Not thread-safe: one mutex of its owner's guards it, and whoever waits does
// so on Turn::granted_or_woken with that mutex.
class RequestSlots {
 public:
  struct Turn {
    explicit Turn(Traffic traffic) : traffic(traffic) {}
    const Traffic traffic;
    bool is_granted = false;
    CondVar granted_or_woken;
  };
  using Place = std::list<Turn>::iterator;

  // At least 1. More slots are granted at once; fewer are taken back from
  // nobody.
  void SetLimit(int limit);

  // Joins the line, and is granted a slot at once if there is one for it.
  Place Join(Traffic traffic);
  // Gives the slot back, or leaves the line.
  void Leave(Place place);
  // Lets all who wait look again at what they wait for.
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
