#include "gateway/transport/listener.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/concurrency/clock.h"
#include "services/rpc/listen_socket.h"

namespace cvr {
namespace {

// Bursts of clients wait here instead of being refused. The kernel caps it at
// net.core.somaxconn.
constexpr int kBacklogConnections = 1024;

std::string BoundAddress(int fd) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getsockname(fd, address, &size) != 0 ||
      getnameinfo(address, size, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return storage.ss_family == AF_INET6 ? absl::StrCat("[", host, "]:", port)
                                       : absl::StrCat(host, ":", port);
}

// Whether a connection waits to be accepted.
bool HasConnection(int fd) {
  pollfd waiting = {fd, POLLIN, 0};
  return poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;
}

}  // namespace

absl::StatusOr<Listener> Listener::Open(absl::string_view address) {
  const auto wanted = SplitHostPort(address);
  if (!wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address, "' is not host:port"));
  }
  const auto fd = OpenListenSocket(*wanted, kBacklogConnections);
  if (fd.ok()) return Listener(*fd, BoundAddress(*fd));
  return absl::IsInvalidArgument(fd.status())
             ? absl::InvalidArgumentError(
                   absl::StrCat("'", address, "': ", fd.status().message()))
             : absl::FailedPreconditionError(absl::StrCat(
                   "cannot listen on ", address, ": ", fd.status().message()));
}

Listener::Listener(int fd, std::string address)
    : fd_(fd), address_(std::move(address)) {}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      accepting_(std::move(other.accepting_)) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  std::swap(accepting_, other.accepting_);
  return *this;
}

Listener::~Listener() {
  if (fd_ >= 0) close(fd_);
}

void Listener::AwaitAccepted(absl::Duration timeout) const {
  const SteadyDeadline deadline(timeout);
  MutexLock lock(&accepting_->mutex);
  // Looked at under the mutex: what is accepted from here on is told.
  while (HasConnection(fd_) && !deadline.has_passed()) {
    accepting_->accepted.WaitWithTimeout(&accepting_->mutex, deadline.left());
  }
}

void Listener::NoteAccepted() const {
  MutexLock lock(&accepting_->mutex);
  accepting_->accepted.SignalAll();
}

void Listener::Shutdown() { shutdown(fd_, SHUT_RDWR); }

}  // namespace cvr
