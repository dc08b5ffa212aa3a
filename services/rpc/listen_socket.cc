#include "services/rpc/listen_socket.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/network/host.h"

namespace cvr {
namespace {

// The socket, or -1 with errno set.
int Listen(const addrinfo& info, int backlog_connections) {
  const int fd =
      socket(info.ai_family, info.ai_socktype | SOCK_CLOEXEC, info.ai_protocol);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (info.ai_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (bind(fd, info.ai_addr, info.ai_addrlen) == 0 &&
      listen(fd, backlog_connections) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

std::optional<HostPort> SplitHostPort(absl::string_view address) {
  const auto authority = SplitAuthority(address);
  if (!authority || !authority->port) return std::nullopt;
  return HostPort{std::string(authority->host), absl::StrCat(*authority->port)};
}

absl::StatusOr<int> OpenListenSocket(const HostPort& at,
                                     int backlog_connections) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(at.host.empty() ? nullptr : at.host.c_str(),
                                at.port.c_str(), &hints, &found);
  if (error != 0) return absl::InvalidArgumentError(gai_strerror(error));
  const auto free_found = absl::MakeCleanup([&] { freeaddrinfo(found); });
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    const int fd = Listen(*info, backlog_connections);
    if (fd >= 0) return fd;
  }
  return absl::FailedPreconditionError(strerror(errno));
}

}  // namespace cvr
