#ifndef SERVICES_UPSTREAM_GATE_UPSTREAM_DOOR_H_
#define SERVICES_UPSTREAM_GATE_UPSTREAM_DOOR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/api/upstream_health.h"
#include "services/upstream/gate/circuit_breaker.h"
#include "services/upstream/gate/rate_meter.h"
#include "services/upstream/gate/request_slots.h"
#include "services/upstream/http/rate_fields.h"

namespace cvr {

// What is known of one upstream, and whether it may be asked now. Not
// thread-safe; see RequestSlots.
class UpstreamDoor {
 public:
  // Somebody wants to ask. Takes over the settings; another URL, other
  // credentials or other certificates make it a new upstream, of which nothing
  // is known.
  void Visit(const UpstreamAccess& access, absl::Time now);

  // Why it must not be asked now; OK when it may be. Errors, with the time to
  // wait for as Retry-After:
  //   UNAVAILABLE         (UPSTREAM_UNAVAILABLE) its circuit is open, or it
  //                       asked for a pause with 503
  //   RESOURCE_EXHAUSTED  (UPSTREAM_RATE_LIMITED) it asked for one with 429,
  //                       in answer to such traffic
  absl::Status Refusal(Traffic traffic, absl::Time now) const;

  // A request that may go: it has a slot, and Refusal() is OK.
  CircuitBreaker::Ticket Begin() { return circuit_.Begin(); }
  // Its answer has begun.
  void OnAnswered(CircuitBreaker::Ticket ticket);
  // It is over. `outcome` is its own: that of an UpstreamClient, but OK when
  // only the caller had enough, and CANCELLED when it left before an answer.
  void OnOutcome(CircuitBreaker::Ticket ticket, Traffic traffic,
                 const absl::Status& outcome, absl::Time now);

  void OnRate(const RateFields& fields, absl::Time now);
  bool IsSavingBudget(int reserve_percent, absl::Time now) const {
    return rate_.IsLow(reserve_percent, now);
  }

  UpstreamState StateAt(absl::Time now) const;
  // Nobody has asked for it since.
  absl::Time visited_at() const { return visited_at_; }
  bool is_busy() const { return slots_.running() + slots_.waiting() > 0; }

  RequestSlots& slots() { return slots_; }

 private:
  // A pause that was asked for.
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
  RequestSlots slots_;
  CircuitBreaker circuit_;
  RateMeter rate_;
  Pause quick_pause_;
  Pause blob_pause_;
  std::string last_failure_;
  absl::Time last_failure_at_ = absl::InfinitePast();
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_UPSTREAM_DOOR_H_
