#include "services/upstream/gate/upstream_admission.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

// Whoever asks for more is looked after again by then.
constexpr absl::Duration kPauseMax = absl::Hours(1);
// Where to look again is not known: a probe is on its way.
constexpr absl::Duration kProbeTime = absl::Seconds(1);

bool IsSame(const TlsAccess& a, const TlsAccess& b) {
  return a.ca_bundle_pem == b.ca_bundle_pem &&
         a.client_certificate_pem == b.client_certificate_pem &&
         a.client_key_pem == b.client_key_pem &&
         a.insecure_skip_verify == b.insecure_skip_verify;
}

bool IsSameUpstream(const UpstreamAccess& a, const UpstreamAccess& b) {
  return a.url == b.url && a.username == b.username &&
         a.password == b.password && IsSame(a.tls, b.tls);
}

// Retry-After has whole seconds: never too early, never at once.
absl::Duration TimeLeft(absl::Time until, absl::Time now) {
  return std::max(absl::Ceil(until - now, absl::Seconds(1)), absl::Seconds(1));
}

// Whether nothing or nothing whole came, so that asking costs time in vain. One
// that answers nonsense is up, and does not deserve that its other content is
// refused: whoever asks for the nonsense could close it to all.
bool IsDown(const absl::Status& outcome) {
  return absl::IsUnavailable(outcome) &&
         ReasonOf(outcome) == Reason::kUpstreamUnavailable;
}

bool IsProperAnswer(const absl::Status& outcome) {
  const Reason reason = ReasonOf(outcome);
  return outcome.ok() || absl::IsNotFound(outcome) ||
         reason == Reason::kUpstreamRefused ||
         reason == Reason::kUpstreamRateLimited;
}

}  // namespace

void UpstreamAdmission::Visit(const UpstreamAccess& access, absl::Time now) {
  const bool is_first = visited_at_ == absl::InfinitePast();
  if (is_first || !IsSameUpstream(access, access_)) {
    circuit_.Reset();
    rate_.Reset();
    quick_pause_ = blob_pause_ = {};
    last_failure_.clear();
    last_failure_time_ = absl::InfinitePast();
    access_ = access;
  }
  // The rest may be a megabyte of certificates, that has not changed.
  access_.name = access.name;
  access_.limits = access.limits;
  visited_at_ = now;
  limiter_.SetLimit(access.limits.concurrent_requests);
}

absl::Status UpstreamAdmission::Refusal(Traffic traffic, absl::Time now) const {
  const Pause& pause = traffic == Traffic::kBlob ? blob_pause_ : quick_pause_;
  if (now < pause.until) {
    const absl::Duration left = TimeLeft(pause.until, now);
    if (pause.code == absl::StatusCode::kResourceExhausted) {
      return errors::UpstreamRateLimited(access_.name, left);
    }
    return WithRetryAfter(
        errors::UpstreamUnavailable(
            access_.name,
            absl::StrCat(
                "not asked until its Retry-After time is over; last failure: ",
                last_failure_)),
        left);
  }
  if (circuit_.Admits(now)) return absl::OkStatus();
  const absl::Status open = errors::UpstreamUnavailable(
      access_.name,
      absl::StrCat("circuit breaker open after ", circuit_.failure_count(),
                   " consecutive failures; last failure: ", last_failure_));
  const bool is_probed = now >= circuit_.open_until();
  return WithRetryAfter(
      open, is_probed ? kProbeTime : TimeLeft(circuit_.open_until(), now));
}

void UpstreamAdmission::OnAnswered(CircuitBreaker::Ticket ticket) {
  circuit_.OnAnswered(ticket);
}

void UpstreamAdmission::OnOutcome(CircuitBreaker::Ticket ticket,
                                  Traffic traffic, const absl::Status& outcome,
                                  absl::Time now) {
  if (absl::IsUnavailable(outcome)) {
    last_failure_ = std::string(outcome.message());
    last_failure_time_ = now;
  }
  if (IsDown(outcome)) {
    circuit_.OnFailure(
        ticket, {access_.limits.failures_to_open, access_.limits.open_ttl},
        now);
  } else if (IsProperAnswer(outcome)) {
    circuit_.OnSuccess(ticket);
  } else if (absl::IsCancelled(outcome)) {
    circuit_.OnAbandoned(ticket);
  } else {
    circuit_.OnAnswered(ticket);
  }
  TakePause(outcome, traffic, now);
  // Whoever waits for a permit may be refused by now.
  if (!IsProperAnswer(outcome) || RetryAfterOf(outcome)) limiter_.WakeAll();
}

void UpstreamAdmission::TakePause(const absl::Status& outcome, Traffic traffic,
                                  absl::Time now) {
  const auto retry_after = RetryAfterOf(outcome);
  if (!retry_after) return;
  const auto take = [&](Pause& pause) {
    const absl::Time until = now + std::min(*retry_after, kPauseMax);
    if (until > pause.until) pause = {until, outcome.code()};
  };
  if (ReasonOf(outcome) == Reason::kUpstreamRateLimited) {
    take(PauseOf(traffic));
  } else if (IsDown(outcome)) {
    take(quick_pause_);
    take(blob_pause_);
  }
}

void UpstreamAdmission::OnRate(const RateFields& fields, absl::Time now) {
  rate_.OnTold(fields, now);
}

UpstreamState UpstreamAdmission::StateAt(absl::Time now) const {
  UpstreamState state;
  state.upstream_id = access_.id;
  state.circuit = circuit_.StateAt(now);
  state.failure_count = circuit_.failure_count();
  state.last_failure = last_failure_;
  state.last_failure_time = last_failure_time_;
  state.retry_time =
      std::max({circuit_.open_until(), quick_pause_.until, blob_pause_.until});
  state.budget = rate_.At(now);
  state.running = static_cast<int>(limiter_.running());
  state.waiting = static_cast<int>(limiter_.waiting());
  return state;
}

}  // namespace cvr
