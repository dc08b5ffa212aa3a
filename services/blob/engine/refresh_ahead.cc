#include "services/blob/engine/refresh_ahead.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "spdlog/spdlog.h"

namespace cvr {

RefreshAhead::RefreshAhead(const Options& options, Engine& engine,
                           RefreshSource& metadata, UpstreamHealth* health)
    : options_(options),
      engine_(engine),
      metadata_(metadata),
      health_(health),
      thread_("refresh", [this] { return RunDue(); }) {
  thread_.Start(options_.interval);
}

RefreshAhead::Counts RefreshAhead::counts() const {
  MutexLock lock(&mutex_);
  return counts_;
}

absl::Duration RefreshAhead::RunDue() {
  const size_t full = options_.tags_max;
  return RunOnce() == full ? absl::ZeroDuration() : options_.interval;
}

size_t RefreshAhead::RunOnce() {
  auto due = metadata_.TakeRefreshDue(options_.tags_max);
  if (!due.ok()) {
    spdlog::warn(
        "refresh-ahead: cannot get the list of expiring tags from the metadata "
        "service: {}",
        due.status().ToString());
    return 0;
  }
  const size_t taken = due->size();
  due->erase(
      std::remove_if(due->begin(), due->end(),
                     [this](const auto& tag) { return IsToBeSpared(tag); }),
      due->end());
  const auto outcomes = engine_.Refresh(*due);
  size_t failed = 0;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].ok()) continue;
    ++failed;
    spdlog::info("refresh-ahead: revalidation of {} of upstream {} failed: {}",
                 (*due)[i].content.RelativePath(),
                 (*due)[i].candidate.upstream_id, outcomes[i].ToString());
  }
  MutexLock lock(&mutex_);
  counts_.spared += taken - due->size();
  counts_.failed += failed;
  counts_.refreshed += outcomes.size() - failed;
  return taken;
}

bool RefreshAhead::IsToBeSpared(const RefreshDue& due) {
  return health_ != nullptr &&
         health_->IsSavingBudget(due.candidate.upstream_id,
                                 due.candidate.rate_reserve_percent);
}

}  // namespace cvr
