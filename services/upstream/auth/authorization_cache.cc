#include "services/upstream/auth/authorization_cache.h"

#include <algorithm>
#include <utility>

namespace cvr {

std::string AuthorizationCache::Find(const std::string& key) const {
  const absl::Time now = clock_->SteadyNow();
  MutexLock lock(&mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.use_until <= now) return "";
  return found->second.value;
}

bool AuthorizationCache::IsAnonymous(const std::string& key,
                                     const std::string& value) const {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.value == value &&
         found->second.is_anonymous;
}

void AuthorizationCache::Forget(const std::string& key,
                                const std::string& rejected) {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.value != rejected) return;
  entries_.erase(found);
}

absl::StatusOr<std::string> AuthorizationCache::Renew(
    const std::string& key, const std::string& rejected, Fetch fetch,
    const std::stop_token& cancel) {
  const std::stop_callback wake(cancel, [this] {
    MutexLock lock(&mutex_);
    landed_.SignalAll();
  });
  while (true) {
    const absl::Time now = clock_->SteadyNow();
    Turn turn;
    {
      MutexLock lock(&mutex_);
      const auto found = entries_.find(key);
      if (found != entries_.end() && found->second.use_until > now &&
          found->second.value != rejected) {
        return found->second.value;
      }
      turn = TakeTurn(key);
      while (!turn.is_leader && !turn.flight->done) {
        if (cancel.stop_requested()) {
          return absl::CancelledError("nobody waits for the token any more");
        }
        landed_.Wait(&mutex_);
      }
    }
    if (turn.is_leader) Land(key, *turn.flight, fetch());
    // Once done, a flight never changes.
    const absl::StatusOr<Authorization>& result = turn.flight->result;
    if (result.ok()) return result->value;
    if (turn.is_leader || !absl::IsCancelled(result.status())) {
      return result.status();
    }
  }
}

AuthorizationCache::Turn AuthorizationCache::TakeTurn(const std::string& key) {
  std::shared_ptr<Flight>& slot = flights_[key];
  if (slot != nullptr) return {slot, false};
  slot = std::make_shared<Flight>();
  return {slot, true};
}

void AuthorizationCache::Land(const std::string& key, Flight& flight,
                              absl::StatusOr<Authorization> result) {
  MutexLock lock(&mutex_);
  if (result.ok()) Put(key, *result);
  flight.result = std::move(result);
  flight.done = true;
  flights_.erase(key);
  landed_.SignalAll();
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
