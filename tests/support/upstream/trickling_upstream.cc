#include "tests/support/upstream/trickling_upstream.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

namespace cvr::testing {
namespace {

constexpr absl::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n"
    "Content-Type: application/octet-stream\r\n\r\n12345678";

int Listen(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (bind(fd, generic, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    abort();
  }
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

TricklingUpstream::TricklingUpstream()
    : listener_(Listen(port_)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_("trickling", [this] { Serve(); }) {}

TricklingUpstream::~TricklingUpstream() {
  // Serve() closes the rest.
  const uint64_t one = 1;
  if (write(stop_, &one, sizeof(one)) != sizeof(one)) abort();
}

std::string TricklingUpstream::url() const {
  return absl::StrCat("http://127.0.0.1:", port_);
}

bool TricklingUpstream::AwaitAnswers(int count, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(&mutex_);
  while (answers_ < count) {
    if (changed_.WaitWithDeadline(&mutex_, deadline)) break;
  }
  return answers_ >= count;
}

bool TricklingUpstream::AwaitAllClosed(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(&mutex_);
  while (closed_ < answers_) {
    if (changed_.WaitWithDeadline(&mutex_, deadline)) break;
  }
  return closed_ >= answers_;
}

void TricklingUpstream::Serve() {
  while (true) {
    std::vector<pollfd> polled = {{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [fd, head] : connections_) {
      polled.push_back({fd, POLLIN, 0});
    }
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled[0].revents != 0) break;
    if (polled[1].revents != 0) Accept();
    for (size_t i = 2; i < polled.size(); ++i) {
      const int fd = polled[i].fd;
      if (polled[i].revents == 0 || Read(fd, connections_[fd])) continue;
      close(fd);
      connections_.erase(fd);
    }
  }
  for (const auto& [fd, head] : connections_) close(fd);
  close(listener_);
  close(stop_);
}

void TricklingUpstream::Accept() {
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd >= 0) connections_[fd];
}

bool TricklingUpstream::Read(int fd, std::string& head) {
  std::array<char, 4096> buffer;
  const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
  const bool was_answered = head == kAnswer;
  if (size <= 0) {
    MutexLock lock(&mutex_);
    if (was_answered) ++closed_;
    changed_.SignalAll();
    return false;
  }
  if (was_answered) return true;
  head.append(buffer.data(), size);
  if (head.find("\r\n\r\n") == std::string::npos) return true;
  send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  head = std::string(kAnswer);
  MutexLock lock(&mutex_);
  ++answers_;
  changed_.SignalAll();
  return true;
}

}  // namespace cvr::testing
