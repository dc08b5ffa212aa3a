#ifndef GATEWAY_HTTP_RATE_LIMITER_H_
#define GATEWAY_HTTP_RATE_LIMITER_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// A token bucket per key, for example per client address. It bounds how often a
// key may do something, with a burst.
//
// Memory is bounded: only buckets that are not full are kept, and when there is
// no room, an arbitrary one is dropped. That key then starts with a full
// bucket, so do not use it where a limit must never be exceeded (quotas,
// billing). Thread-safe.
class RateLimiter {
 public:
  struct Options {
    double per_second = 0;  // 0 = no limit.
    double burst = 1;       // At least 1.
    size_t keys_max = 65536;
  };

  // `clock` must outlive it.
  RateLimiter(const Options& options, const Clock& clock)
      : options_(options), clock_(clock) {}

  // Takes a token and answers zero; or takes the next one to come when that is
  // within `wait_max`, and answers how long to wait for it; or takes nothing
  // and answers how long, which is more than `wait_max`.
  absl::Duration Take(absl::string_view key, absl::Duration wait_max);

  // How long until there is a token; zero when there is one.
  absl::Duration Delay(absl::string_view key);

 private:
  struct Bucket {
    double tokens;
    absl::Time filled_at;
  };

  bool unlimited() const { return options_.per_second <= 0; }
  void Fill(Bucket& bucket, absl::Time now) const;
  Bucket& Find(absl::string_view key, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Duration DelayOf(const Bucket& bucket) const;

  const Options options_;
  const Clock& clock_;
  Mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
  // When full ones were last thrown away.
  absl::Time swept_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_RATE_LIMITER_H_
