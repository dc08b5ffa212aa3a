#ifndef GATEWAY_TRANSPORT_STEADY_TIME_H_
#define GATEWAY_TRANSPORT_STEADY_TIME_H_

#include <chrono>

#include "absl/time/time.h"

namespace cvr {

// A time that only rises, whatever is done to the machine's clock: for
// durations and deadlines. Its origin means nothing.
inline absl::Time SteadyTime() {
  return absl::UnixEpoch() +
         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_STEADY_TIME_H_
