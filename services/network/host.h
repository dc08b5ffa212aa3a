#ifndef SERVICES_NETWORK_HOST_H_
#define SERVICES_NETWORK_HOST_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

// The project's only grammar of hosts and ports: of addresses to listen on, of
// upstream URLs, of Host fields and of `ns` parameters. All pure.
namespace cvr {

// `host`, `host:port`, `[host]` or `[host]:port`, taken apart. Views of the
// text.
struct Authority {
  absl::string_view host;  // Without brackets; not checked, may be empty.
  bool has_brackets = false;
  std::optional<uint16_t> port;
};

// Empty for text of any other form: an IPv6 address needs its brackets, and a
// colon needs a port.
std::optional<Authority> SplitAuthority(absl::string_view text);

// 0 to 65535, as 1 to 5 digits; empty for any other text.
std::optional<uint16_t> ParsePort(absl::string_view text);

// Whether `text` is a DNS name (RFC 1123, 2.1) or an IPv4 address: up to 253
// characters in labels of up to 63. Underscores are allowed too, since internal
// names do have them.
bool IsDnsName(absl::string_view text);

// Whether `text` is a host that somebody can connect to (RFC 3986, 3.2.2): a
// DNS name, an IPv4 address or an IPv6 address in brackets, with a port from 1
// to 65535 if there is one. An IPv6 address has no zone.
bool IsHostAndPort(absl::string_view text);

}  // namespace cvr

#endif  // SERVICES_NETWORK_HOST_H_
