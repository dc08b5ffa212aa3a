#include "gateway/http/rate_limiter.h"

#include <algorithm>

namespace cvr {
namespace {

// Looking through all of them is not done for every new key.
constexpr absl::Duration kSweepInterval = absl::Seconds(1);

}  // namespace

absl::Duration RateLimiter::Take(absl::string_view key,
                                 absl::Duration wait_max) {
  if (unlimited()) return absl::ZeroDuration();
  MutexLock lock(&mutex_);
  Bucket& bucket = Find(key, clock_.SteadyNow());
  const absl::Duration delay = DelayOf(bucket);
  if (delay <= wait_max) bucket.tokens -= 1;
  return delay;
}

absl::Duration RateLimiter::Delay(absl::string_view key) {
  if (unlimited()) return absl::ZeroDuration();
  MutexLock lock(&mutex_);
  const auto found = buckets_.find(key);
  if (found == buckets_.end()) return absl::ZeroDuration();
  Fill(found->second, clock_.SteadyNow());
  return DelayOf(found->second);
}

void RateLimiter::Fill(Bucket& bucket, absl::Time now) const {
  const double gained = std::max(
      0.0, absl::ToDoubleSeconds(now - bucket.filled_at) * options_.per_second);
  bucket.tokens = std::min(options_.burst, bucket.tokens + gained);
  bucket.filled_at = now;
}

RateLimiter::Bucket& RateLimiter::Find(absl::string_view key, absl::Time now) {
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    MakeRoom(now);
    found = buckets_.emplace(key, Bucket{options_.burst, now}).first;
  }
  Fill(found->second, now);
  return found->second;
}

void RateLimiter::MakeRoom(absl::Time now) {
  if (buckets_.size() < options_.keys_max) return;
  if (now - swept_at_ >= kSweepInterval) {
    swept_at_ = now;
    absl::erase_if(buckets_, [&](auto& entry) {
      Fill(entry.second, now);
      return entry.second.tokens >= options_.burst;
    });
  }
  if (buckets_.size() >= options_.keys_max) buckets_.erase(buckets_.begin());
}

absl::Duration RateLimiter::DelayOf(const Bucket& bucket) const {
  return absl::Seconds(std::max(0.0, 1 - bucket.tokens) / options_.per_second);
}

}  // namespace cvr
