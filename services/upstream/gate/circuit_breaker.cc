#include "services/upstream/gate/circuit_breaker.h"

#include <algorithm>

namespace cvr {
namespace {

constexpr int kFactorMax = 10;

}  // namespace

CircuitBreaker::Ticket CircuitBreaker::Begin() {
  ++last_ticket_;
  if (is_open_) probe_ = last_ticket_;
  return last_ticket_;
}

void CircuitBreaker::OnAnswered(Ticket ticket) {
  if (IsProbe(ticket)) OnSuccess(ticket);
}

void CircuitBreaker::OnSuccess(Ticket ticket) {
  if (!Counts(ticket)) return;
  is_open_ = false;
  open_until_ = absl::InfinitePast();
  factor_ = 1;
  failure_count_ = 0;
  probe_ = kNoProbe;
}

void CircuitBreaker::OnFailure(Ticket ticket, const Rules& rules,
                               absl::Time now) {
  if (!Counts(ticket)) return;
  ++failure_count_;
  if (is_open_) {
    Open(rules, std::min(factor_ * 2, kFactorMax), now);
  } else if (failure_count_ >= std::max(1, rules.failures_to_open)) {
    Open(rules, 1, now);
  }
}

void CircuitBreaker::OnAbandoned(Ticket ticket) {
  if (IsProbe(ticket)) probe_ = kNoProbe;
}

void CircuitBreaker::Open(const Rules& rules, int factor, absl::Time now) {
  is_open_ = true;
  factor_ = factor;
  open_until_ = now + rules.open_ttl * factor;
  probe_ = kNoProbe;
}

void CircuitBreaker::Reset() {
  const Ticket last = last_ticket_;
  *this = CircuitBreaker();
  last_ticket_ = forgotten_ = last;
}

// What began before it opened says nothing of now.
bool CircuitBreaker::Counts(Ticket ticket) const {
  return ticket > forgotten_ && (!is_open_ || IsProbe(ticket));
}

UpstreamState::Circuit CircuitBreaker::StateAt(absl::Time now) const {
  if (!is_open_) return UpstreamState::Circuit::kClosed;
  return now < open_until_ ? UpstreamState::Circuit::kOpen
                           : UpstreamState::Circuit::kHalfOpen;
}

}  // namespace cvr
