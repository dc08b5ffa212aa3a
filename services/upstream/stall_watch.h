#ifndef SERVICES_UPSTREAM_STALL_WATCH_H_
#define SERVICES_UPSTREAM_STALL_WATCH_H_

#include <cstdint>

#include "absl/time/time.h"

namespace cvr {

// Notices a body that comes too slowly: less than a minimum in a whole window
// of time. Time that the receiver spends does not count. Not thread-safe.
class StallWatch {
 public:
  // `bytes_min` in each `window`.
  StallWatch(absl::Duration window, uint64_t bytes_min, absl::Time now)
      : window_(window), bytes_min_(bytes_min), start_(now) {}

  // `bytes` came, and the receiver had them for `busy`.
  void OnBytes(uint64_t bytes, absl::Duration busy) {
    bytes_ += bytes;
    start_ += busy;
  }

  // Whether too little came in the window that ends by `now`.
  bool IsStalled(absl::Time now) {
    if (now - start_ < window_) return false;
    if (bytes_ < bytes_min_) return true;
    start_ = now;
    bytes_ = 0;
    return false;
  }

 private:
  const absl::Duration window_;
  const uint64_t bytes_min_;
  absl::Time start_;
  uint64_t bytes_ = 0;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_STALL_WATCH_H_
