#include "services/concurrency/fair_pool.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {

// A task that runs holds one place of running_ and, but for the moments between
// two tasks, one thread. So the threads below always suffice, and their own
// queue only bridges those moments.
FairPool::FairPool(Options options)
    : what_(options.what),
      threads_({.name = options.name,
                .threads_max = options.threads_max,
                .queued_tasks_max = options.threads_max}),
      running_({options.threads_max, options.threads_per_upstream_max}),
      queued_({options.queued_tasks_max}) {}

FairPool::~FairPool() { Shutdown(); }

absl::Status FairPool::Schedule(const ShareKey& key, Task task) {
  MutexLock lock(&mutex_);
  if (shut_down_) {
    return WithReason(
        absl::UnavailableError(absl::StrCat("no more ", what_, ": stopping")),
        Reason::kShuttingDown);
  }
  // After those of the same key that wait already.
  const auto tenant = tenants_.find(key.tenant);
  const bool has_turn = tenant == tenants_.end() ||
                        !tenant->second.queues.contains(key.upstream_id);
  if (has_turn && running_.Admits(key)) {
    Start({key, std::move(task)});
    return absl::OkStatus();
  }
  const ShareLedger::Verdict verdict = queued_.Judge(key);
  if (verdict != ShareLedger::Verdict::kAdmitted) {
    return ShareRefusal(verdict, key, what_);
  }
  Enqueue(key, std::move(task));
  return absl::OkStatus();
}

bool FairPool::Resume(const ShareKey& key, Task task) {
  MutexLock lock(&mutex_);
  if (shut_down_) return false;
  if (running_.Admits(key)) {
    Start({key, std::move(task)});
  } else {
    Enqueue(key, std::move(task));
  }
  return true;
}

void FairPool::Enqueue(const ShareKey& key, Task task) {
  queued_.Take(key);
  tenants_[key.tenant].queues[key.upstream_id].push_back(std::move(task));
}

void FairPool::Start(Work work) {
  running_.Take(work.key);
  // Refused only after threads_.Shutdown(), which waits for what was accepted.
  (void)threads_.Schedule(
      [this, work = std::move(work)]() mutable { Run(std::move(work)); });
}

void FairPool::Run(Work work) {
  while (true) {
    work.task();
    work.task = nullptr;
    MutexLock lock(&mutex_);
    running_.Return(work.key);
    // What has ended may have stood in the way of several.
    std::optional<Work> next = PickNext();
    if (!next) {
      if (running_.held() == 0) ended_.SignalAll();
      return;
    }
    running_.Take(next->key);
    while (auto other = PickNext()) Start(*std::move(other));
    work = *std::move(next);
  }
}

std::optional<FairPool::Work> FairPool::PickNext() {
  if (tenants_.empty()) return std::nullopt;
  auto it = tenants_.upper_bound(served_last_);
  for (size_t i = tenants_.size(); i > 0; --i) {
    if (it == tenants_.end()) it = tenants_.begin();
    std::optional<Work> work = PickOf(it->first, it->second);
    if (work) {
      served_last_ = it->first;
      if (it->second.queues.empty()) tenants_.erase(it);
      return work;
    }
    ++it;
  }
  return std::nullopt;
}

std::optional<FairPool::Work> FairPool::PickOf(const std::string& name,
                                               Tenant& tenant) {
  auto it = tenant.queues.upper_bound(tenant.served_last);
  for (size_t i = tenant.queues.size(); i > 0; --i) {
    if (it == tenant.queues.end()) it = tenant.queues.begin();
    ShareKey key = {name, it->first};
    if (running_.Admits(key)) {
      tenant.served_last = it->first;
      Work work{std::move(key), std::move(it->second.front())};
      it->second.pop_front();
      if (it->second.empty()) tenant.queues.erase(it);
      queued_.Return(work.key);
      return work;
    }
    ++it;
  }
  return std::nullopt;
}

void FairPool::Shutdown() {
  {
    MutexLock lock(&mutex_);
    shut_down_ = true;
    while (running_.held() > 0 || !tenants_.empty()) ended_.Wait(&mutex_);
  }
  threads_.Shutdown();
}

size_t FairPool::running_count() const {
  MutexLock lock(&mutex_);
  return running_.held();
}

size_t FairPool::queued_count() const {
  MutexLock lock(&mutex_);
  return queued_.held();
}

}  // namespace cvr
