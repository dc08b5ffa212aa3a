#ifndef SERVICES_RPC_LISTEN_SOCKET_H_
#define SERVICES_RPC_LISTEN_SOCKET_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

struct HostPort {
  std::string host;  // Without brackets; empty = all addresses.
  std::string port;  // 0 to 65535; 0 = the system chooses.
};

// Empty for what is no host:port: an IPv6 address needs its brackets.
std::optional<HostPort> SplitHostPort(absl::string_view address);

// A TCP socket that listens on the first of the addresses of `at` that can be
// listened on; the caller closes it. Any thread. Errors, the reason alone:
// INVALID_ARGUMENT when the host is none, FAILED_PRECONDITION when there is no
// such address, as of the last one.
absl::StatusOr<int> OpenListenSocket(const HostPort& at,
                                     int backlog_connections);

}  // namespace cvr

#endif  // SERVICES_RPC_LISTEN_SOCKET_H_
