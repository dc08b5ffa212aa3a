#ifndef GATEWAY_TRANSPORT_SEND_PACE_H_
#define GATEWAY_TRANSPORT_SEND_PACE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace cvr {

// How slowly one client may take what it is sent.
//
// Only the time that is spent waiting for the client counts, not the time that
// an upstream takes. Whenever that adds up to `window`, the client must have
// taken `bytes_per_second * window` bytes since the last time; otherwise its
// connection is given up. So is a client that takes nothing for a window,
// however much it took before. Shorter pauses are allowed, but one byte now and
// then is not enough.
//
// One thread sends; stalled_since() may be asked by any.
class SendPace {
 public:
  struct Options {
    uint64_t bytes_per_second = 0;
    absl::Duration window = absl::Seconds(60);
    // How soon it is noticed that a client takes nothing.
    absl::Duration slice = absl::Seconds(5);
  };

  explicit SendPace(const Options& options) : options_(options) {}

  // Whether sending may wait at all. Threads that serve many connections do
  // not: what a client does not take at once then ends its connection.
  bool patient() const { return patient_; }
  void set_patient(bool patient) { patient_ = patient; }

  // How long one wait may last before Note() is asked again.
  absl::Duration slice() const;

  // `waited` was spent waiting, and the client took `bytes` meanwhile. False
  // when it is to be given up.
  bool Note(absl::Duration waited, size_t bytes);

  // The same after a wait that ended because the client goes on taking: what it
  // takes is noted when that is known.
  bool NoteWait(absl::Duration waited);

  // Since when the client has taken nothing, by the steady clock, noticed after
  // a slice; absl::InfiniteFuture() while it takes something.
  absl::Time stalled_since() const;

 private:
  bool EndWindow();

  static constexpr int64_t kNotStalled = INT64_MAX;

  const Options options_;
  bool patient_ = true;
  absl::Duration waited_;
  absl::Duration idle_;  // Waited since it last took something.
  uint64_t taken_ = 0;
  std::atomic<int64_t> stalled_since_ns_ = kNotStalled;
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_SEND_PACE_H_
