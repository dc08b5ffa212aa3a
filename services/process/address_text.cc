#include "services/process/address_text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/network/host.h"
#include "services/process/local_address.h"

namespace cvr {
namespace {

// A host as part of a URL: without user, port and path.
std::string AuthorityOf(absl::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  return std::string(url.substr(0, url.find_first_of("/?#")));
}

// Empty when `address` is host:port.
std::string WhyNot(absl::string_view address, bool is_served) {
  if (address.empty()) return "is empty: want host:port or unix:PATH";
  if (absl::StrContains(address, "://")) {
    return absl::StrCat("is a URL, and gRPC has none: want host:port, such as ",
                        AuthorityOf(address),
                        " (gRPC has a port of its own, not that of ", "HTTP)");
  }
  if (absl::StrContains(address, "/")) {
    return "has a path: want host:port, or unix:PATH for a socket";
  }
  const size_t colon = address.rfind(':');
  const bool has_brackets = absl::StartsWith(address, "[");
  if (colon == address.npos || (has_brackets && absl::EndsWith(address, "]"))) {
    return absl::StrCat("has no port: want host:port, such as ", address,
                        ":8081");
  }
  const absl::string_view host = address.substr(0, colon);
  if (host.empty() && !is_served) return "has no host: want host:port";
  if (!has_brackets && absl::StrContains(host, ":")) {
    return absl::StrCat("has no brackets around its IPv6 address: want [", host,
                        "]:", address.substr(colon + 1), ", or [", address,
                        "]:PORT");
  }
  if (!ParsePort(address.substr(colon + 1))) {
    return absl::StrCat("has no port: '", address.substr(colon + 1),
                        "' is not a number from 0 to 65535");
  }
  return "";
}

}  // namespace

absl::Status CheckRpcAddress(absl::string_view address, bool is_served) {
  if (IsUnixAddress(address)) {
    return UnixPathOf(address).empty()
               ? absl::InvalidArgumentError(
                     "'unix:' names no socket: want unix:PATH")
               : absl::OkStatus();
  }
  for (const char* const scheme :
       {"dns:", "ipv4:", "ipv6:", "unix-abstract:"}) {
    if (absl::StartsWith(address, scheme)) return absl::OkStatus();
  }
  const std::string why = WhyNot(address, is_served);
  if (why.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", address, "' ", why));
}

}  // namespace cvr
