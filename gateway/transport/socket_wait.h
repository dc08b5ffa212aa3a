#ifndef GATEWAY_TRANSPORT_SOCKET_WAIT_H_
#define GATEWAY_TRANSPORT_SOCKET_WAIT_H_

#include "absl/time/time.h"

namespace cvr {

// Waits for `events` of poll() on the socket, or its end. False when nothing
// came within `timeout`, which may be negative.
bool WaitForSocket(int fd, short events, absl::Duration timeout);

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_SOCKET_WAIT_H_
