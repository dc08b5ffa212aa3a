#ifndef SERVICES_UPSTREAM_API_UPSTREAM_HEALTH_H_
#define SERVICES_UPSTREAM_API_UPSTREAM_HEALTH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cvr {

// What an upstream has said of the requests that it grants.
struct RateBudget {
  int64_t limit = 0;  // Requests in `window`.
  // What is left by now, with what has been granted anew since it was told.
  int64_t remaining = 0;
  absl::Duration window;
  absl::Time told_at;
};

struct UpstreamState {
  enum class Circuit {
    kClosed,    // Requests go through.
    kOpen,      // It is left alone.
    kHalfOpen,  // One request tries.
  };

  int64_t upstream_id = 0;
  Circuit circuit = Circuit::kClosed;
  int failures_in_a_row = 0;
  std::string last_failure;  // Empty when there was none.
  absl::Time last_failure_at = absl::InfinitePast();
  // When it may be asked again: circuit and Retry-After. Past = now.
  absl::Time closed_until = absl::InfinitePast();
  std::optional<RateBudget> budget;  // If it counts.
  int running = 0;                   // Requests.
  int waiting = 0;
};

// How upstreams are doing, as far as this process has seen. Thread-safe.
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
