#ifndef SERVICES_CONCURRENCY_CLOCK_H_
#define SERVICES_CONCURRENCY_CLOCK_H_

#include "absl/time/time.h"

namespace cvr {

// Where time comes from. Thread-safe.
//
// Two lines of time, equal as long as nobody sets the machine's clock:
//
// * Now(), the wall clock, is for what people read and for what other machines
//   compare with their clocks: times in answers, logs, audit events and signed
//   tokens. It jumps when somebody sets it.
// * SteadyNow() is for everything that is measured: how old, how long, until
//   when. It never jumps, so a wall clock that does changes no answer.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  // The wall clock's time at the start of this process, and what has passed
  // since, a suspended machine's sleep included. Rises only. It may be stored:
  // the next start takes the wall clock as it is then, so what is read back may
  // be in the future if that was set back. Another process may have begun with
  // another time: between processes go durations, never this. By default Now(),
  // for clocks that do not jump.
  virtual absl::Time SteadyNow() const { return Now(); }

  // The system's clocks. Never destroyed.
  static const Clock& Real();
};

// A point of real time that a jump of the wall clock does not move: for waits,
// with CondVar::WaitWithTimeout(). A value type.
class SteadyDeadline {
 public:
  // Infinite durations never pass.
  explicit SteadyDeadline(absl::Duration from_now)
      : at_(Clock::Real().SteadyNow() + from_now) {}

  // What is left; zero or less once it has passed.
  absl::Duration left() const { return at_ - Clock::Real().SteadyNow(); }
  bool has_passed() const { return left() <= absl::ZeroDuration(); }

 private:
  absl::Time at_;
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_CLOCK_H_
