#include "services/concurrency/retry_loop.h"

#include <algorithm>
#include <optional>

#include "absl/random/random.h"
#include "services/common/errors.h"
#include "services/concurrency/clock.h"

namespace cvr {

bool StoppableSleeper::Sleep(absl::Duration duration) {
  const SteadyDeadline deadline(duration);
  MutexLock lock(&mutex_);
  while (!stopped_) {
    if (stopping_.WaitWithTimeout(&mutex_, deadline.left())) break;
  }
  return !stopped_;
}

void StoppableSleeper::Stop() {
  MutexLock lock(&mutex_);
  stopped_ = true;
  stopping_.SignalAll();
}

double RandomFraction() {
  thread_local absl::BitGen generator;
  return absl::Uniform(generator, 0.0, 1.0);
}

bool IsTransient(const absl::Status& status) {
  switch (ReasonOf(status)) {
    case Reason::kContentMismatch:
    case Reason::kUpstreamInvalid:
    case Reason::kManifestInvalid:
      return false;
    default:
      return absl::IsUnavailable(status) ||
             (absl::IsResourceExhausted(status) &&
              RetryAfterOf(status).has_value());
  }
}

absl::Status RetryLoop(const RetryPolicy& policy, Idempotency idempotency,
                       Sleeper& sleeper, absl::FunctionRef<Attempt()> attempt) {
  absl::Duration backoff = policy.delay_min;
  int failed_in_a_row = 0;
  while (true) {
    const Attempt outcome = attempt();
    if (outcome.status.ok() || outcome.final ||
        idempotency == Idempotency::kNotIdempotent ||
        !IsTransient(outcome.status)) {
      return outcome.status;
    }
    if (outcome.progressed) {
      failed_in_a_row = 0;
      backoff = policy.delay_min;
    }
    if (++failed_in_a_row >= policy.attempts_max) return outcome.status;
    const std::optional<absl::Duration> wish = RetryAfterOf(outcome.status);
    if (wish && *wish > policy.delay_max) return outcome.status;
    const absl::Duration delay = std::max(backoff * (1 - policy.random() / 2),
                                          wish.value_or(backoff / 2));
    if (!sleeper.Sleep(delay)) return outcome.status;
    backoff = std::min(backoff * 2, policy.delay_max);
  }
}

}  // namespace cvr
