#ifndef GATEWAY_HTTP_CLIENT_ADDRESS_H_
#define GATEWAY_HTTP_CLIENT_ADDRESS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/network/ip_network.h"

namespace cvr {

// Proxies whose word on whom they speak for is taken. Immutable.
class TrustedProxies {
 public:
  TrustedProxies() = default;

  // Networks, `10.0.0.0/8,::1`, separated by commas. Errors: INVALID_ARGUMENT.
  static absl::StatusOr<TrustedProxies> Parse(absl::string_view text);

  // Whether `peer` is one of them: its connections are those of many clients.
  bool Trusts(absl::string_view peer) const;

  // The address of a request's sender, as text: `peer`, or if that is a trusted
  // proxy, the last address in `forwarded_for` (X-Forwarded-For) that is not a
  // trusted proxy.
  std::string AddressOf(absl::string_view peer,
                        const std::optional<std::string>& forwarded_for) const;

  // The key that limits are counted for: that address, or the first 64 bits of
  // an IPv6 address, since a client that has one address of a /64 network
  // usually has all of them. Not for output.
  std::string ClientAddressOf(
      absl::string_view peer,
      const std::optional<std::string>& forwarded_for) const;

 private:
  bool Contains(const IpAddress& address) const;
  // Absent when the peer has none, as on a Unix socket.
  std::optional<IpAddress> Find(
      absl::string_view peer,
      const std::optional<std::string>& forwarded_for) const;

  std::vector<IpNetwork> networks_;
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_CLIENT_ADDRESS_H_
