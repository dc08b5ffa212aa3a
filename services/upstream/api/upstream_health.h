#ifndef SERVICES_UPSTREAM_API_UPSTREAM_HEALTH_H_
#define SERVICES_UPSTREAM_API_UPSTREAM_HEALTH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cvr {

// The rate limit of an upstream, from its RateLimit headers.
struct RateBudget {
  int64_t limit = 0;  // Requests in `window`.
  // Estimate of the requests that are left now: requests come back evenly over
  // the window.
  int64_t remaining = 0;
  absl::Duration window;
  absl::Time observe_time;
};

struct UpstreamState {
  enum class Circuit {
    kClosed,    // Requests go through.
    kOpen,      // No requests are sent.
    kHalfOpen,  // One request is sent as a probe.
  };

  int64_t upstream_id = 0;
  Circuit circuit = Circuit::kClosed;
  int failure_count = 0;
  std::string last_failure;  // Empty when there was none.
  absl::Time last_failure_time = absl::InfinitePast();
  // No requests are sent until then, because of the circuit breaker or a
  // Retry-After. In the past = requests may be sent.
  absl::Time retry_time = absl::InfinitePast();
  std::optional<RateBudget> budget;  // If it has told one.
  int running = 0;                   // Requests.
  int waiting = 0;
};

// The health of upstreams: circuit breakers, failures and rate limits, as far
// as this process has seen them. Thread-safe.
class UpstreamHealth {
 public:
  virtual ~UpstreamHealth() = default;

  // Whether a revalidation should give way to a stale copy, because less than
  // `reserve_percent` (UpstreamLimits::rate_reserve_percent) of the upstream's
  // budget is left. Needs no credentials, so that nobody fetches them to ask.
  virtual bool IsSavingBudget(int64_t upstream_id, int reserve_percent) = 0;

  // Of every upstream that was asked lately, by id.
  virtual std::vector<UpstreamState> States() const = 0;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_API_UPSTREAM_HEALTH_H_
