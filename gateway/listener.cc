#include "gateway/listener.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// Bursts of clients wait here instead of being refused. The kernel caps it at
// net.core.somaxconn.
constexpr int kBacklogConnections = 1024;

struct HostPort {
  std::string host;  // Empty = all addresses.
  std::string port;
};

absl::StatusOr<HostPort> SplitHostPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  const auto bad = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address, "' is not host:port"));
  };
  if (colon == absl::string_view::npos) return bad();
  absl::string_view host = address.substr(0, colon);
  const absl::string_view port = address.substr(colon + 1);
  uint32_t number = 0;
  if (!absl::SimpleAtoi(port, &number) || number > 65535) return bad();
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]")) return bad();
  } else if (absl::StrContains(host, ':')) {
    return bad();  // An IPv6 address needs its brackets.
  }
  return HostPort{std::string(host), std::string(port)};
}

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

// The socket, or -1 with errno set.
int Listen(const addrinfo& info) {
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
      listen(fd, kBacklogConnections) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

absl::StatusOr<Listener> Listener::Open(absl::string_view address) {
  ASSIGN_OR_RETURN(const HostPort wanted, SplitHostPort(address));
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(wanted.host.empty() ? nullptr : wanted.host.c_str(),
                  wanted.port.c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address, "': ", gai_strerror(error)));
  }
  const auto free_found = absl::MakeCleanup([&] { freeaddrinfo(found); });
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    const int fd = Listen(*info);
    if (fd >= 0) return Listener(fd, BoundAddress(fd));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("cannot listen on ", address, ": ", strerror(errno)));
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

void Listener::Shutdown() { shutdown(fd_, SHUT_RDWR); }

}  // namespace cvr
