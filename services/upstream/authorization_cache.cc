#include "services/upstream/authorization_cache.h"

#include <algorithm>

namespace cvr {

std::string AuthorizationCache::Find(const std::string& key) const {
  const absl::Time now = clock_->SteadyNow();
  MutexLock lock(&mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.use_until <= now) return "";
  return found->second.value;
}

absl::StatusOr<std::string> AuthorizationCache::Renew(
    const std::string& key, const std::string& rejected, Fetch fetch) {
  std::shared_ptr<Flight> flight;
  bool is_leader = false;
  {
    const absl::Time now = clock_->SteadyNow();
    MutexLock lock(&mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.use_until > now &&
        found->second.value != rejected) {
      return found->second.value;
    }
    std::shared_ptr<Flight>& slot = flights_[key];
    is_leader = slot == nullptr;
    if (is_leader) slot = std::make_shared<Flight>();
    flight = slot;
    while (!is_leader && !flight->done) landed_.Wait(&mutex_);
  }
  if (is_leader) {
    absl::StatusOr<Authorization> result = fetch();
    MutexLock lock(&mutex_);
    if (result.ok()) Put(key, *result);
    flight->result = std::move(result);
    flight->done = true;
    flights_.erase(key);
    landed_.SignalAll();
  }
  // Once done, a flight never changes.
  if (!flight->result.ok()) return flight->result.status();
  return flight->result->value;
}

void AuthorizationCache::Put(const std::string& key,
                             const Authorization& authorization) {
  entries_[key] = authorization;
  if (entries_.size() <= entries_max_) return;
  entries_.erase(std::min_element(
      entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
        return a.second.use_until < b.second.use_until;
      }));
}

}  // namespace cvr
