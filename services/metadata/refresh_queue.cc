#include "services/metadata/refresh_queue.h"

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
