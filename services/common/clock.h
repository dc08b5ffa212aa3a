#ifndef SERVICES_COMMON_CLOCK_H_
#define SERVICES_COMMON_CLOCK_H_

#include "absl/time/time.h"

namespace cvr {

// Where time comes from. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  // The system's wall clock. Never destroyed.
  static const Clock& Real();
};

}  // namespace cvr

#endif  // SERVICES_COMMON_CLOCK_H_
