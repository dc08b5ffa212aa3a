#include "services/metadata/resolution/refresh_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cvr {
namespace {

std::string KeyOf(const RefreshDue& due) {
  return absl::StrCat(due.candidate.upstream_id, due.content.RelativePath());
}

}  // namespace

void RefreshQueue::Add(RefreshDue due, absl::Time now) {
  MutexLock lock(&mutex_);
  if (known_.size() >= kEntriesMax) {
    absl::erase_if(known_, [&](const auto& one) { return one.second <= now; });
  }
  if (known_.size() >= kEntriesMax) return;
  const auto [it, is_new] =
      known_.try_emplace(KeyOf(due), absl::InfiniteFuture());
  if (!is_new) {
    if (it->second > now) return;
    it->second = absl::InfiniteFuture();
  }
  queue_.push_back(std::move(due));
}

void RefreshQueue::Drop(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  const auto gone =
      std::remove_if(queue_.begin(), queue_.end(), [&](const RefreshDue& due) {
        if (due.candidate.upstream_id != upstream_id) return false;
        known_.erase(KeyOf(due));
        return true;
      });
  queue_.erase(gone, queue_.end());
}

std::vector<RefreshDue> RefreshQueue::Take(int max, absl::Time now) {
  MutexLock lock(&mutex_);
  std::vector<RefreshDue> taken;
  while (!queue_.empty() && static_cast<int>(taken.size()) < max) {
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
    known_[KeyOf(taken.back())] = now + kPause;
  }
  return taken;
}

}  // namespace cvr
