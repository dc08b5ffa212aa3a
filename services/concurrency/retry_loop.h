#ifndef SERVICES_CONCURRENCY_RETRY_LOOP_H_
#define SERVICES_CONCURRENCY_RETRY_LOOP_H_

#include <functional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// How a caller waits between attempts. Tests replace it by one that returns at
// once. Thread-safe.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  // Returns false if the wait ended early because no further attempt is wanted.
  virtual bool Sleep(absl::Duration duration) = 0;
};

// Waits in real time, until Stop() at most. Thread-safe.
class StoppableSleeper final : public Sleeper {
 public:
  bool Sleep(absl::Duration duration) override;
  // Ends every wait, now and later. Idempotent.
  void Stop();

 private:
  Mutex mutex_;
  CondVar stopping_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

// A random number from 0 to 1, from a generator of this thread.
double RandomFraction();

struct RetryPolicy {
  // Maximum number of consecutive attempts without progress; at least 1.
  int attempts_max = 4;
  // The delay starts with delay_min and doubles up to delay_max. Each delay is
  // shortened by a random part of up to half, so that callers that failed
  // together do not retry together.
  absl::Duration delay_min = absl::Milliseconds(200);
  absl::Duration delay_max = absl::Seconds(10);
  std::function<double()> random = RandomFraction;  // In [0, 1].
};

// Whether work may be attempted again. It has no default, so that each caller
// decides.
enum class Idempotency { kIdempotent, kNotIdempotent };

struct Attempt {
  absl::Status status;
  // The attempt made progress, so the count of attempts starts again.
  bool progressed = false;
  // Ends the loop, whatever the status says.
  bool final = false;
};

// Whether a later attempt may succeed: UNAVAILABLE, and RESOURCE_EXHAUSTED with
// a Retry-After, unless the reason says that the response itself was invalid.
bool IsTransient(const absl::Status& status);

// The project's only retry loop. Calls `attempt` until it succeeds, fails with
// an error that is not transient, or has used up its attempts; answers the last
// status. A Retry-After is obeyed, and ends the loop when it is longer than
// delay_max. Work that is not idempotent is attempted once.
absl::Status RetryLoop(const RetryPolicy& policy, Idempotency idempotency,
                       Sleeper& sleeper, absl::FunctionRef<Attempt()> attempt);

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_RETRY_LOOP_H_
