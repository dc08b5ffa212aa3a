#ifndef SERVICES_UPSTREAM_HTTP_ADDRESS_POLICY_H_
#define SERVICES_UPSTREAM_HTTP_ADDRESS_POLICY_H_

#include <sys/socket.h>

#include <string>

#include "absl/status/status.h"

namespace cvr {

// Which network addresses upstreams, their token services and their redirects
// may have: an answer from outside must not make us call inside. A value type.
//
// Refused are all addresses that are not globally reachable (the
// special-purpose registries of IANA: loopback, private, shared, link-local,
// documentation, multicast, unspecified, ...), also in IPv6 disguise (mapped,
// 6to4, NAT64). A deployment may allow private and loopback ones. Link-local
// addresses and the clouds' metadata services, unspecified and multicast
// addresses are refused even then: no registry has them, but much would leak
// there.
class AddressPolicy {
 public:
  explicit AddressPolicy(bool allow_private) : allow_private_(allow_private) {}

  // After resolution. Refuses everything but IPv4 and IPv6.
  bool Allows(const sockaddr& address) const;

  // Of a host as written. A name is allowed, its addresses are not known yet;
  // `localhost` counts as the loopback address.
  bool AllowsHost(const std::string& host) const;

 private:
  bool allow_private_;
};

// PERMISSION_DENIED (reason DENIED): the policy refuses an address of `host`.
absl::Status AddressDenied(const std::string& host);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_ADDRESS_POLICY_H_
