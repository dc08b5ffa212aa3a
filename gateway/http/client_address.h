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

  // Who sends a request: `peer`, or when that is a trusted proxy, the last
  // address in `forwarded_for` (X-Forwarded-For) that is none. As text.
  std::string AddressOf(absl::string_view peer,
                        const std::optional<std::string>& forwarded_for) const;

  // Whom limits are kept for: that address, or of IPv6 its first 64 bits, since
  // whoever has one address there has them all. A key, not for people.
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
