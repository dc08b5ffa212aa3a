#ifndef SERVICES_UPSTREAM_GATE_UPSTREAM_ADMISSION_H_
#define SERVICES_UPSTREAM_GATE_UPSTREAM_ADMISSION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/api/upstream_health.h"
#include "services/upstream/gate/circuit_breaker.h"
#include "services/upstream/gate/concurrency_limiter.h"
#include "services/upstream/gate/rate_meter.h"
#include "services/upstream/http/rate_fields.h"

namespace cvr {

// The admission state of one upstream: its circuit breaker, its concurrency
// limit, its rate limit, and the pauses that it has asked for with Retry-After.
// UpstreamGate asks it before each request. Not thread-safe; see
// ConcurrencyLimiter.
class UpstreamAdmission {
 public:
  // Takes over the settings in `access`, before a request. If the URL, the
  // credentials or the certificates have changed, the state is reset as for a
  // new upstream.
  void Visit(const UpstreamAccess& access, absl::Time now);

  // OK if a request may be sent now. Errors, with the remaining time as
  // Retry-After:
  //   UNAVAILABLE         (UPSTREAM_UNAVAILABLE) the circuit is open, or the
  //                       upstream asked for a pause with 503
  //   RESOURCE_EXHAUSTED  (UPSTREAM_RATE_LIMITED) the upstream asked for a
  //                       pause with 429, for traffic of this class
  absl::Status Refusal(Traffic traffic, absl::Time now) const;

  // Begins a request that has a permit and for which Refusal() is OK.
  CircuitBreaker::Ticket Begin() { return circuit_.Begin(); }
  // The response has begun.
  void OnAnswered(CircuitBreaker::Ticket ticket);
  // The request has ended. `outcome` is the status of UpstreamClient, except
  // that it is OK if the caller stopped the transfer, and CANCELLED if the
  // caller left before the response.
  void OnOutcome(CircuitBreaker::Ticket ticket, Traffic traffic,
                 const absl::Status& outcome, absl::Time now);

  void OnRate(const RateFields& fields, absl::Time now);
  bool IsSavingBudget(int reserve_percent, absl::Time now) const {
    return rate_.IsLow(reserve_percent, now);
  }

  UpstreamState StateAt(absl::Time now) const;
  // The time of the last Visit().
  absl::Time visited_at() const { return visited_at_; }
  bool is_busy() const { return limiter_.running() + limiter_.waiting() > 0; }

  ConcurrencyLimiter& limiter() { return limiter_; }

 private:
  // A pause that the upstream has asked for.
  struct Pause {
    absl::Time until = absl::InfinitePast();
    absl::StatusCode code = absl::StatusCode::kOk;
  };

  void TakePause(const absl::Status& outcome, Traffic traffic, absl::Time now);
  Pause& PauseOf(Traffic traffic) {
    return traffic == Traffic::kBlob ? blob_pause_ : quick_pause_;
  }

  UpstreamAccess access_;
  absl::Time visited_at_ = absl::InfinitePast();
  ConcurrencyLimiter limiter_;
  CircuitBreaker circuit_;
  RateMeter rate_;
  Pause quick_pause_;
  Pause blob_pause_;
  std::string last_failure_;
  absl::Time last_failure_time_ = absl::InfinitePast();
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_UPSTREAM_ADMISSION_H_
