#ifndef SERVICES_UPSTREAM_HTTP_STALL_WATCH_H_
#define SERVICES_UPSTREAM_HTTP_STALL_WATCH_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace cvr {

// Notices a body that stands still for a window of time, or in which less than
// a minimum came. The window slides: one that stands still is noticed when the
// window is over, however fast it was before; one that is too slow, a sixteenth
// later at most. Time that the receiver spends does not count. Times are a
// steady clock's. Not thread-safe.
class StallWatch {
 public:
  // `bytes_min` in each `window`.
  StallWatch(absl::Duration window, uint64_t bytes_min, absl::Time now)
      : window_(window), bytes_min_(bytes_min), start_(now), last_(now) {}

  // `bytes` came at `now`; the receiver had them for `busy` since.
  void OnBytes(uint64_t bytes, absl::Time now, absl::Duration busy) {
    Advance(now - busy_);
    recent_[slot_ % kSlots] += bytes;
    if (bytes > 0) last_ = now - busy_;
    busy_ += busy;
  }

  // Until when bytes must come, or else the body stands still.
  absl::Duration TimeLeft(absl::Time now) const {
    return window_ - (now - busy_ - last_);
  }

  // Whether too little came in the window that ends now.
  bool IsStalled(absl::Time now) {
    const absl::Time own = now - busy_;
    if (own - start_ < window_) return false;
    if (bytes_min_ > 0 && own - last_ >= window_) return true;
    Advance(own);
    uint64_t bytes = 0;
    for (const uint64_t count : recent_) bytes += count;
    return bytes < bytes_min_;
  }

 private:
  // A window's sixteen parts, and the one that it is about to leave.
  static constexpr size_t kParts = 16;
  static constexpr size_t kSlots = kParts + 1;

  void Advance(absl::Time own) {
    absl::Duration rest;
    const int64_t slot = std::max<int64_t>(
        absl::IDivDuration(own - start_, window_ / kParts, &rest), slot_);
    for (int64_t i = std::max<int64_t>(slot_ + 1, slot - kSlots + 1); i <= slot;
         ++i) {
      recent_[i % kSlots] = 0;
    }
    slot_ = slot;
  }

  const absl::Duration window_;
  const uint64_t bytes_min_;
  // All without the receiver's time.
  const absl::Time start_;
  absl::Time last_;  // When bytes came.
  absl::Duration busy_;
  int64_t slot_ = 0;
  std::array<uint64_t, kSlots> recent_ = {};
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_STALL_WATCH_H_
