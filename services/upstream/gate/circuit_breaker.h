#ifndef SERVICES_UPSTREAM_GATE_CIRCUIT_BREAKER_H_
#define SERVICES_UPSTREAM_GATE_CIRCUIT_BREAKER_H_

#include <cstdint>

#include "absl/time/time.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr {

// Decides whether something that keeps failing should be left alone.
//
//   closed    --failures_to_open failures in a row-->            open
//   open      --open_for is over-->                              half-open
//   half-open --its one probe succeeds-->                        closed
//   half-open --its one probe fails-->  open, for twice as long as before, up
//                                       to ten times open_for
//
// Not thread-safe.
class CircuitBreaker {
 public:
  struct Rules {
    int failures_to_open = 1;
    absl::Duration open_for;
  };

  // Names a request that began; only one number at a time is a probe's.
  using Ticket = int64_t;

  // Whether a request may begin. Not while it is open, nor while a probe runs.
  bool Admits(absl::Time now) const {
    return !is_open_ || (now >= open_until_ && probe_ == kNoProbe);
  }
  // A request begins that was admitted. Every ticket ends up with OnSuccess(),
  // OnFailure(), OnAnswered() or OnAbandoned().
  Ticket Begin();
  // It answers, and no more is known: a probe has succeeded with that, while
  // failures in a row stay what they are. The other two may still follow.
  void OnAnswered(Ticket ticket);
  void OnSuccess(Ticket ticket);
  void OnFailure(Ticket ticket, const Rules& rules, absl::Time now);
  // It ends unanswered, and nobody's fault is it: the next one is the probe.
  void OnAbandoned(Ticket ticket);

  // Closes it; what has begun before counts for nothing.
  void Reset();

  UpstreamState::Circuit StateAt(absl::Time now) const;
  int failures_in_a_row() const { return failures_in_a_row_; }
  // Past unless it is open.
  absl::Time open_until() const { return open_until_; }

 private:
  static constexpr Ticket kNoProbe = 0;

  bool IsProbe(Ticket ticket) const { return is_open_ && ticket == probe_; }
  bool Counts(Ticket ticket) const;
  void Open(const Rules& rules, int factor, absl::Time now);

  bool is_open_ = false;  // Or half-open.
  absl::Time open_until_ = absl::InfinitePast();
  int factor_ = 1;  // Times open_for.
  int failures_in_a_row_ = 0;
  Ticket forgotten_ = kNoProbe;  // Tickets up to here.
  Ticket last_ticket_ = kNoProbe;
  Ticket probe_ = kNoProbe;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_CIRCUIT_BREAKER_H_
