#include "services/common/listen_check.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/local_address.h"

namespace cvr {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// What is wrong; empty = nothing.
std::string TryToListen(const addrinfo& address) {
  const int fd = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC,
                        address.ai_protocol);
  // A machine without IPv6 is no reason.
  if (fd < 0) return "";
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  // Of two who listen on one port, the second is told so by listen() alone if
  // both want to share it.
  const bool can =
      bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, 1) == 0;
  const std::string problem = can ? "" : std::strerror(errno);
  close(fd);
  return problem;
}

}  // namespace

absl::Status CheckCanListen(absl::string_view flag, absl::string_view address) {
  if (IsUnixAddress(address)) return absl::OkStatus();
  const auto error = [&](absl::string_view problem) {
    return absl::FailedPreconditionError(
        absl::StrCat("--", flag, "=", address, ": ", problem));
  };
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) return error("must be host:port");
  const std::string port(address.substr(colon + 1));
  absl::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  if (port == "0") return absl::OkStatus();
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure =
      getaddrinfo(host.empty() ? nullptr : std::string(host).c_str(),
                  port.c_str(), &hints, &found);
  if (failure != 0) return error(gai_strerror(failure));
  const Addresses addresses(found, &freeaddrinfo);
  for (const addrinfo* one = addresses.get(); one != nullptr;
       one = one->ai_next) {
    const std::string problem = TryToListen(*one);
    if (!problem.empty()) return error(problem);
  }
  return absl::OkStatus();
}

}  // namespace cvr
