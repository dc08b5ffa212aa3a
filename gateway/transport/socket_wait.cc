#include "gateway/transport/socket_wait.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "gateway/transport/steady_time.h"

namespace cvr {

bool WaitForSocket(int fd, short events, absl::Duration timeout) {
  const absl::Time deadline =
      SteadyTime() + std::max(timeout, absl::ZeroDuration());
  pollfd entry = {fd, events, 0};
  while (true) {
    const int64_t left_ms = absl::ToInt64Milliseconds(
        std::clamp(deadline - SteadyTime() + absl::Milliseconds(1),
                   absl::ZeroDuration(), absl::Hours(1)));
    const int ready = poll(&entry, 1, static_cast<int>(left_ms));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return false;
  }
}

}  // namespace cvr
