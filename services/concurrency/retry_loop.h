#ifndef SERVICES_CONCURRENCY_RETRY_LOOP_H_
#define SERVICES_CONCURRENCY_RETRY_LOOP_H_

#include <functional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// How a caller waits between attempts; tests wait in no time. Thread-safe.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  // False when the wait was cut short because nobody wants more attempts.
  virtual bool Sleep(absl::Duration duration) = 0;
};

// Really waits, until Stop(). Thread-safe.
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

// Between 0 and 1, from this thread's own generator.
double RandomFraction();

struct RetryPolicy {
  // In a row without progress; at least 1.
  int attempts_max = 4;
  // The first delay doubles up to the last. Each is shortened by up to half at
  // random, so that those who failed together do not return together.
  absl::Duration delay_min = absl::Milliseconds(200);
  absl::Duration delay_max = absl::Seconds(10);
  std::function<double()> random = RandomFraction;  // In [0, 1].
};

// Whether a second attempt may harm. A caller has to say so.
enum class Idempotency { kIdempotent, kNotIdempotent };

struct Attempt {
  absl::Status status;
  // Something was gained, so the count of attempts starts anew.
  bool progressed = false;
  // No further attempt can help, whatever the status says.
  bool final = false;
};

// Whether the error may pass by itself: UNAVAILABLE, and RESOURCE_EXHAUSTED
// with a Retry-After, unless the reason says that the answer itself was wrong.
bool IsTransient(const absl::Status& status);

// The project's only retry loop. Calls `attempt` until it succeeds, fails with
// an error that is not transient, or has used up its attempts; answers the last
// status. A Retry-After is obeyed, and ends the loop when it is longer than
// delay_max. Work that is not idempotent is attempted once.
absl::Status RetryLoop(const RetryPolicy& policy, Idempotency idempotency,
                       Sleeper& sleeper, absl::FunctionRef<Attempt()> attempt);

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_RETRY_LOOP_H_
