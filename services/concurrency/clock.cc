#include "services/concurrency/clock.h"

#include <time.h>

#include "absl/time/clock.h"

namespace cvr {
namespace {

// Since the machine was started, its sleep included.
absl::Duration SinceBoot() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::DurationFromTimespec(now);
}

class RealClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  absl::Time SteadyNow() const override {
    return start_ + (SinceBoot() - boot_time_);
  }

 private:
  const absl::Time start_ = absl::Now();
  const absl::Duration boot_time_ = SinceBoot();
};

}  // namespace

const Clock& Clock::Real() {
  static const auto* const clock = new RealClock;
  return *clock;
}

}  // namespace cvr
