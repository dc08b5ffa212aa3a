#include "gateway/transport/send_pace.h"

#include <algorithm>

#include "gateway/transport/steady_time.h"

namespace cvr {
namespace {

constexpr int kSlicesPerWindow = 12;
constexpr absl::Duration kSliceMin = absl::Milliseconds(10);

}  // namespace

absl::Duration SendPace::slice() const {
  return std::max(kSliceMin,
                  std::min(options_.slice, options_.window / kSlicesPerWindow));
}

bool SendPace::Note(absl::Duration waited, size_t bytes) {
  if (bytes > 0) {
    stalled_since_ns_.store(kNotStalled, std::memory_order_relaxed);
  } else if (stalled_since_ns_.load(std::memory_order_relaxed) == kNotStalled) {
    stalled_since_ns_.store(absl::ToUnixNanos(SteadyTime() - waited),
                            std::memory_order_relaxed);
  }
  taken_ += bytes;
  idle_ = bytes > 0 ? absl::ZeroDuration() : idle_ + waited;
  return NoteWait(waited) && idle_ < options_.window;
}

bool SendPace::NoteWait(absl::Duration waited) {
  waited_ += waited;
  return waited_ < options_.window || EndWindow();
}

bool SendPace::EndWindow() {
  const double wanted = static_cast<double>(options_.bytes_per_second) *
                        absl::ToDoubleSeconds(waited_);
  const bool enough = taken_ > 0 && static_cast<double>(taken_) >= wanted;
  waited_ = absl::ZeroDuration();
  taken_ = 0;
  return enough;
}

absl::Time SendPace::stalled_since() const {
  const int64_t since = stalled_since_ns_.load(std::memory_order_relaxed);
  return since == kNotStalled ? absl::InfiniteFuture()
                              : absl::FromUnixNanos(since);
}

}  // namespace cvr
