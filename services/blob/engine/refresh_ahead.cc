#include "services/blob/engine/refresh_ahead.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/concurrency/clock.h"
#include "spdlog/spdlog.h"

namespace cvr {

RefreshAhead::RefreshAhead(const Options& options, Engine& engine,
                           PullMetadata& metadata, UpstreamHealth* health)
    : options_(options),
      engine_(engine),
      metadata_(metadata),
      health_(health),
      thread_(std::make_unique<Thread>("refresh", [this] { Run(); })) {}

RefreshAhead::~RefreshAhead() {
  Stop();
  thread_.reset();
}

void RefreshAhead::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  changed_.SignalAll();
}

RefreshAhead::Counts RefreshAhead::counts() const {
  MutexLock lock(&mutex_);
  return counts_;
}

void RefreshAhead::Run() {
  const size_t full = options_.tags_max;
  while (AwaitNextRound()) {
    while (RunOnce() == full) {
      MutexLock lock(&mutex_);
      if (stopping_) return;
    }
  }
}

bool RefreshAhead::AwaitNextRound() {
  MutexLock lock(&mutex_);
  const SteadyDeadline next(options_.interval);
  while (!stopping_) {
    if (changed_.WaitWithTimeout(&mutex_, next.left())) break;
  }
  return !stopping_;
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
