#ifndef GATEWAY_TRANSPORT_SOCKET_POLLER_H_
#define GATEWAY_TRANSPORT_SOCKET_POLLER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cvr {

// Waits for many sockets at once: epoll. Thread-safe; several threads may wait,
// and each event goes to one of them.
class SocketPoller {
 public:
  SocketPoller();
  ~SocketPoller();
  SocketPoller(const SocketPoller&) = delete;
  SocketPoller& operator=(const SocketPoller&) = delete;

  // Has one Wait() return `id` once the socket is readable, or writable with
  // `for_writing`, or has ended. Once for each call; `again` when it is not the
  // first for this socket. Closing the socket ends it.
  void Arm(int fd, uint64_t id, bool for_writing, bool again);

  // The ids of sockets that are ready, at most a few. Empty when there are none
  // within `timeout`, and after Stop().
  std::vector<uint64_t> Wait(absl::Duration timeout);

  // Ends every Wait(), now and later.
  void Stop();

 private:
  const int epoll_;
  const int stop_event_;
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_SOCKET_POLLER_H_
