#ifndef SERVICES_CONCURRENCY_CLOCK_H_
#define SERVICES_CONCURRENCY_CLOCK_H_

#include "absl/time/time.h"

namespace cvr {

// The source of time, so that tests can set it. Thread-safe.
//
// There are two times, which are equal until somebody sets the machine's clock:
//
// * Now(), the wall clock, is for what people read and for what other machines
//   compare with their clocks: times in answers, logs, audit events and signed
//   tokens. It jumps when somebody sets it.
// * SteadyNow() is for everything that is measured: ages, durations, deadlines.
//   It never jumps, so setting the wall clock does not change what is fresh.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  // The wall clock's time at the start of this process plus the time that has
  // passed since, including the sleep of a suspended machine. Never decreases.
  //
  // Such times may be stored. The next start of the process begins with the
  // wall clock of that moment, so a stored time may be in the future if the
  // clock was set back. Do not send them to another process, which may have
  // begun with another time; send durations. The default is Now(), for clocks
  // that do not jump.
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

  // The time that is left; zero or less once the deadline has passed.
  absl::Duration left() const { return at_ - Clock::Real().SteadyNow(); }
  bool has_passed() const { return left() <= absl::ZeroDuration(); }

 private:
  absl::Time at_;
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_CLOCK_H_
