#ifndef SERVICES_UPSTREAM_GATE_CIRCUIT_BREAKER_H_
#define SERVICES_UPSTREAM_GATE_CIRCUIT_BREAKER_H_

#include <cstdint>

#include "absl/time/time.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr {

// A circuit breaker: after consecutive failures it stops requests to an
// upstream for a while, so that clients get an error or another upstream at
// once instead of waiting for a timeout.
//
//   closed    --failures_to_open consecutive failures-->         open
//   open      --open_ttl is over-->                              half-open
//   half-open --its one probe succeeds-->                        closed
//   half-open --its one probe fails-->  open, for twice as long as before, up
//                                       to ten times open_ttl
//
// Not thread-safe.
class CircuitBreaker {
 public:
  struct Rules {
    int failures_to_open = 1;
    absl::Duration open_ttl;
  };

  // Identifies a request that began. At most one at a time is the probe.
  using Ticket = int64_t;

  // Whether a request may begin: not while the circuit is open, and not while
  // the probe is running.
  bool Admits(absl::Time now) const {
    return !is_open_ || (now >= open_until_ && probe_ == kNoProbe);
  }
  // Begins a request for which Admits() was true. Each ticket must be passed to
  // OnSuccess(), OnFailure(), OnAnswered() or OnAbandoned().
  Ticket Begin();
  // The response has begun. A probe has succeeded then; the number of
  // consecutive failures does not change. OnSuccess() or OnFailure() may
  // follow.
  void OnAnswered(Ticket ticket);
  void OnSuccess(Ticket ticket);
  void OnFailure(Ticket ticket, const Rules& rules, absl::Time now);
  // The request ended without a response and without a failure of the upstream:
  // the next request is the probe.
  void OnAbandoned(Ticket ticket);

  // Closes the circuit. Requests that began before have no effect any more.
  void Reset();

  UpstreamState::Circuit StateAt(absl::Time now) const;
  int failure_count() const { return failure_count_; }
  // In the past unless the circuit is open.
  absl::Time open_until() const { return open_until_; }

 private:
  static constexpr Ticket kNoProbe = 0;

  bool IsProbe(Ticket ticket) const { return is_open_ && ticket == probe_; }
  bool Counts(Ticket ticket) const;
  void Open(const Rules& rules, int factor, absl::Time now);

  bool is_open_ = false;  // Or half-open.
  absl::Time open_until_ = absl::InfinitePast();
  int factor_ = 1;  // Times open_ttl.
  int failure_count_ = 0;
  Ticket forgotten_ = kNoProbe;  // Tickets up to this have no effect.
  Ticket last_ticket_ = kNoProbe;
  Ticket probe_ = kNoProbe;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_CIRCUIT_BREAKER_H_
