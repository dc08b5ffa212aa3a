#include "gateway/http_connection.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "absl/time/clock.h"
#include "gateway/socket_wait.h"

namespace cvr {
namespace {

constexpr size_t kReceiveBytes = 16 * 1024;

// What Linger() takes from a client that goes on sending.
constexpr size_t kLingerBytesMax = 1024 * 1024;
constexpr absl::Duration kLingerTimeout = absl::Seconds(2);

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

HttpConnection::HttpConnection(int fd, Transport& transport, Timeouts timeouts)
    : fd_(fd),
      transport_(transport),
      timeouts_(timeouts),
      client_(NumericName(fd, getpeername).first) {}

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

RequestBody::State HttpConnection::ReadBody(RequestBody& body,
                                            absl::Duration timeout, bool ask) {
  RequestBody::State state = body.Take(received_);
  if (state != RequestBody::State::kMore) return state;
  if (ask && !SendWithHeld("HTTP/1.1 100 Continue\r\n\r\n")) return state;
  const absl::Time deadline = absl::Now() + timeout;
  while (state == RequestBody::State::kMore &&
         Receive(deadline - absl::Now())) {
    state = body.Take(received_);
  }
  return state;
}

bool HttpConnection::Flush() { return held_.empty() || SendWithHeld(""); }

void HttpConnection::Linger() {
  transport_.EndWriting();
  const absl::Time deadline = absl::Now() + kLingerTimeout;
  size_t taken = 0;
  while (taken < kLingerBytesMax && Receive(deadline - absl::Now())) {
    taken += received_.size();
    received_.clear();
  }
}

bool HttpConnection::is_readable() const {
  return head_consumed_ < head_.size() || !received_.empty() ||
         transport_.WaitReadable(absl::ZeroDuration());
}

bool HttpConnection::is_writable() const {
  return WaitForSocket(fd_, POLLOUT, timeouts_.write);
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
  std::array<char, kReceiveBytes> buffer;
  const size_t size = transport_.Read(buffer.data(), buffer.size(), timeout);
  received_.append(buffer.data(), size);
  return size > 0;
}

bool HttpConnection::SendWithHeld(absl::string_view bytes) {
  const bool sent = transport_.Write(held_, bytes);
  held_.clear();
  return sent;
}

}  // namespace cvr
