#include "gateway/plain_transport.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "gateway/socket_wait.h"

namespace cvr {

PlainTransport::PlainTransport(int fd, absl::Duration write_timeout) : fd_(fd) {
  const timeval value = absl::ToTimeval(write_timeout);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof(value));
}

bool PlainTransport::WaitReadable(absl::Duration timeout) const {
  return WaitForSocket(fd_, POLLIN, timeout);
}

size_t PlainTransport::Read(char* buffer, size_t size, absl::Duration timeout) {
  if (!WaitReadable(timeout)) return 0;
  ssize_t taken;
  do {
    taken = recv(fd_, buffer, size, MSG_DONTWAIT);
  } while (taken < 0 && errno == EINTR);
  return taken > 0 ? static_cast<size_t>(taken) : 0;
}

// A send that waits gives up after SO_SNDTIMEO; it then answers what it could
// send, and an error only when that is nothing.
bool PlainTransport::Write(absl::string_view first, absl::string_view second) {
  while (!first.empty() || !second.empty()) {
    iovec parts[] = {
        {const_cast<char*>(first.data()), first.size()},
        {const_cast<char*>(second.data()), second.size()},
    };
    msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = std::size(parts);
    const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    const size_t of_first = std::min<size_t>(sent, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(sent - of_first);
  }
  return true;
}

void PlainTransport::EndWriting() { shutdown(fd_, SHUT_WR); }

}  // namespace cvr
