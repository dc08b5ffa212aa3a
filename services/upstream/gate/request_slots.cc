#include "services/upstream/gate/request_slots.h"

#include <algorithm>
#include <iterator>

namespace cvr {

void RequestSlots::SetLimit(int limit) {
  limit_ = static_cast<size_t>(std::max(1, limit));
  Grant();
}

RequestSlots::Place RequestSlots::Join(Traffic traffic) {
  waiting_.emplace_back(traffic);
  const Place place = std::prev(waiting_.end());
  Grant();
  return place;
}

void RequestSlots::Leave(Place place) {
  if (place->is_granted) {
    if (place->traffic == Traffic::kBlob) --running_blobs_;
    running_.erase(place);
  } else {
    waiting_.erase(place);
  }
  Grant();
}

void RequestSlots::WakeAll() {
  for (Turn& turn : waiting_) turn.granted_or_woken.Signal();
}

bool RequestSlots::Fits(Traffic traffic) const {
  if (running_.size() >= limit_) return false;
  const size_t kept_free = limit_ > 1 ? std::max<size_t>(1, limit_ / 4) : 0;
  return traffic == Traffic::kQuick || running_blobs_ < limit_ - kept_free;
}

void RequestSlots::Grant() {
  for (Place it = waiting_.begin();
       it != waiting_.end() && running_.size() < limit_;) {
    const Place turn = it++;
    if (!Fits(turn->traffic)) continue;
    turn->is_granted = true;
    if (turn->traffic == Traffic::kBlob) ++running_blobs_;
    running_.splice(running_.end(), waiting_, turn);
    turn->granted_or_woken.Signal();
  }
}

}  // namespace cvr
