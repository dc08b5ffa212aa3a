#include "gateway/transport/listener.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/transport/steady_time.h"
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
    : fd_(std::exchange(other.fd_, -1)), address_(std::move(other.address_)) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  return *this;
}

Listener::~Listener() {
  if (fd_ >= 0) close(fd_);
}

void Listener::AwaitAccepted(absl::Duration timeout) const {
  const absl::Time deadline = SteadyTime() + timeout;
  pollfd waiting = {fd_, POLLIN, 0};
  while (poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0 &&
         SteadyTime() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
}

void Listener::Shutdown() { shutdown(fd_, SHUT_RDWR); }

}  // namespace cvr
