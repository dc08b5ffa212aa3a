#include "services/upstream/gate/concurrency_limiter.h"

#include <algorithm>
#include <iterator>

namespace cvr {

void ConcurrencyLimiter::SetLimit(int limit) {
  limit_ = static_cast<size_t>(std::max(1, limit));
  Grant();
}

ConcurrencyLimiter::Handle ConcurrencyLimiter::Acquire(Traffic traffic) {
  waiting_.emplace_back(traffic);
  const Handle handle = std::prev(waiting_.end());
  Grant();
  return handle;
}

void ConcurrencyLimiter::Release(Handle handle) {
  if (handle->is_granted) {
    if (handle->traffic == Traffic::kBlob) --running_blobs_;
    running_.erase(handle);
  } else {
    waiting_.erase(handle);
  }
  Grant();
}

void ConcurrencyLimiter::WakeAll() {
  for (Waiter& waiter : waiting_) waiter.granted_or_woken.Signal();
}

bool ConcurrencyLimiter::Fits(Traffic traffic) const {
  if (running_.size() >= limit_) return false;
  const size_t kept_free = limit_ > 1 ? std::max<size_t>(1, limit_ / 4) : 0;
  return traffic == Traffic::kQuick || running_blobs_ < limit_ - kept_free;
}

void ConcurrencyLimiter::Grant() {
  for (Handle it = waiting_.begin();
       it != waiting_.end() && running_.size() < limit_;) {
    const Handle waiter = it++;
    if (!Fits(waiter->traffic)) continue;
    waiter->is_granted = true;
    if (waiter->traffic == Traffic::kBlob) ++running_blobs_;
    running_.splice(running_.end(), waiting_, waiter);
    waiter->granted_or_woken.Signal();
  }
}

}  // namespace cvr
