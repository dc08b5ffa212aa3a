#include "gateway/http_connection.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/time/clock.h"

namespace cvr {
namespace {

constexpr size_t kReceiveBytes = 16 * 1024;

// What Linger() takes from a client that goes on sending.
constexpr size_t kLingerBytesMax = 1024 * 1024;
constexpr absl::Duration kLingerTimeout = absl::Seconds(2);

bool WaitFor(int fd, short events, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  pollfd entry = {fd, events, 0};
  while (true) {
    const int64_t left_ms = absl::ToInt64Milliseconds(
        std::clamp(deadline - absl::Now() + absl::Milliseconds(1),
                   absl::ZeroDuration(), absl::Hours(1)));
    const int ready = poll(&entry, 1, static_cast<int>(left_ms));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return false;
  }
}

void SetTimeout(int fd, int option, absl::Duration timeout) {
  const timeval value = absl::ToTimeval(timeout);
  setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
}

using NameOf = int (*)(int, sockaddr*, socklen_t*);

std::pair<std::string, int> NumericName(int fd, NameOf name_of) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (name_of(fd, address, &size) != 0 ||
      getnameinfo(address, size, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {"-", 0};
  }
  return {host, std::atoi(port)};
}

}  // namespace

HttpConnection::HttpConnection(int fd, Timeouts timeouts)
    : fd_(fd),
      timeouts_(timeouts),
      client_(NumericName(fd, getpeername).first) {
  SetTimeout(fd, SO_SNDTIMEO, timeouts.write);
}

bool HttpConnection::AwaitRequest(absl::Duration idle_timeout) {
  return !received_.empty() || Receive(idle_timeout);
}

HttpConnection::HeadOutcome HttpConnection::ReadHead(absl::Duration timeout,
                                                     HeadError& error) {
  const absl::Time deadline = absl::Now() + timeout;
  head_.clear();
  head_consumed_ = 0;
  hold_ = true;
  while (true) {
    // Empty lines before a request are to be forgiven: RFC 9112, section 2.2.
    const size_t begin = received_.find_first_not_of("\r\n");
    received_.erase(0, std::min(begin, received_.size()));
    const size_t size = FindHeadEnd(received_);
    if (size != std::string::npos) {
      head_ = received_.substr(0, size);
      received_.erase(0, size);
      return HeadOutcome::kComplete;
    }
    error = CheckPartialHead(received_);
    if (!error.message.empty()) return HeadOutcome::kInvalid;
    if (!Receive(deadline - absl::Now())) break;
  }
  if (absl::Now() < deadline) return HeadOutcome::kClosed;
  error = {408, "the request did not arrive in time"};
  return HeadOutcome::kInvalid;
}

void HttpConnection::ReplaceHead(std::string head) {
  head_ = std::move(head);
  head_consumed_ = 0;
}

std::optional<std::string> HttpConnection::ReadBody(size_t size,
                                                    absl::Duration timeout,
                                                    bool ask) {
  if (ask && !SendWithHeld("HTTP/1.1 100 Continue\r\n\r\n"))
    return std::nullopt;
  const absl::Time deadline = absl::Now() + timeout;
  while (received_.size() < size) {
    if (!Receive(deadline - absl::Now())) return std::nullopt;
  }
  std::string body = received_.substr(0, size);
  received_.erase(0, size);
  return body;
}

bool HttpConnection::Flush() { return held_.empty() || SendWithHeld(""); }

void HttpConnection::Linger() {
  shutdown(fd_, SHUT_WR);
  const absl::Time deadline = absl::Now() + kLingerTimeout;
  size_t taken = 0;
  while (taken < kLingerBytesMax && Receive(deadline - absl::Now())) {
    taken += received_.size();
    received_.clear();
  }
}

bool HttpConnection::is_readable() const {
  return head_consumed_ < head_.size() || !received_.empty() ||
         WaitFor(fd_, POLLIN, absl::ZeroDuration());
}

bool HttpConnection::is_writable() const {
  return WaitFor(fd_, POLLOUT, timeouts_.write);
}

ssize_t HttpConnection::read(char* ptr, size_t size) {
  if (head_consumed_ < head_.size()) {
    const size_t taken = head_.copy(ptr, size, head_consumed_);
    head_consumed_ += taken;
    return taken;
  }
  if (received_.empty() && !Receive(timeouts_.read)) return -1;
  const size_t taken = received_.copy(ptr, size);
  received_.erase(0, taken);
  return taken;
}

ssize_t HttpConnection::write(const char* ptr, size_t size) {
  if (hold_) {
    hold_ = false;
    held_.assign(ptr, size);
    return size;
  }
  return SendWithHeld({ptr, size}) ? static_cast<ssize_t>(size) : -1;
}

void HttpConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  std::tie(ip, port) = NumericName(fd_, getpeername);
}

void HttpConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  std::tie(ip, port) = NumericName(fd_, getsockname);
}

bool HttpConnection::Receive(absl::Duration timeout) {
  if (!WaitFor(fd_, POLLIN, std::max(timeout, absl::ZeroDuration()))) {
    return false;
  }
  std::array<char, kReceiveBytes> buffer;
  ssize_t size;
  do {
    size = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return false;
  received_.append(buffer.data(), size);
  return true;
}

// A send that waits gives up after SO_SNDTIMEO; it then answers what it could
// send, and an error only when that is nothing.
bool HttpConnection::SendWithHeld(absl::string_view bytes) {
  size_t held_sent = 0;
  while (held_sent < held_.size() || !bytes.empty()) {
    iovec parts[] = {
        {held_.data() + held_sent, held_.size() - held_sent},
        {const_cast<char*>(bytes.data()), bytes.size()},
    };
    msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = std::size(parts);
    const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) {
      held_.clear();
      return false;
    }
    const size_t of_held = std::min<size_t>(sent, held_.size() - held_sent);
    held_sent += of_held;
    bytes.remove_prefix(sent - of_held);
  }
  held_.clear();
  return true;
}

}  // namespace cvr
