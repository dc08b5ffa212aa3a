#include "gateway/transport/plain_transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "gateway/transport/steady_time.h"

namespace cvr {

// The socket blocks, so that a whole chunk goes out with one call; a send that
// waits gives up after SO_SNDTIMEO.
PlainTransport::PlainTransport(int fd, absl::Duration slice) : fd_(fd) {
  const timeval value = absl::ToTimeval(slice);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof(value));
}

Transport::Step PlainTransport::Read(char* buffer, size_t size, size_t& taken) {
  ssize_t result;
  do {
    result = recv(fd_, buffer, size, MSG_DONTWAIT);
  } while (result < 0 && errno == EINTR);
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return Step::kWantsRead;
  }
  if (result <= 0) return Step::kEnd;
  taken = static_cast<size_t>(result);
  return Step::kDone;
}

// A call that gives up answers what it could send, and an error only when that
// is nothing.
bool PlainTransport::Write(absl::string_view first, absl::string_view second,
                           SendPace& pace) {
  const int flags = MSG_NOSIGNAL | (pace.patient() ? 0 : MSG_DONTWAIT);
  while (!first.empty() || !second.empty()) {
    iovec parts[] = {
        {const_cast<char*>(first.data()), first.size()},
        {const_cast<char*>(second.data()), second.size()},
    };
    msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = std::size(parts);
    const absl::Time begin = SteadyTime();
    const ssize_t result = sendmsg(fd_, &message, flags);
    if (result < 0 && errno == EINTR) continue;
    const bool gave_up =
        result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (result < 0 && (!gave_up || !pace.patient())) return false;
    const size_t sent = gave_up ? 0 : static_cast<size_t>(result);
    if (!pace.Note(SteadyTime() - begin, sent)) return false;
    const size_t of_first = std::min(sent, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(sent - of_first);
    if (!pace.patient() && !(first.empty() && second.empty())) return false;
  }
  return true;
}

void PlainTransport::EndWriting() { shutdown(fd_, SHUT_WR); }

}  // namespace cvr
