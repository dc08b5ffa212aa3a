#ifndef SERVICES_NETWORK_IP_NETWORK_H_
#define SERVICES_NETWORK_IP_NETWORK_H_

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// An IPv4 or IPv6 address, without zone and port. An IPv4 address and the same
// address mapped into IPv6 (::ffff:a.b.c.d, RFC 4291, 2.5.5.2) are two
// addresses, since not everybody may treat them alike; Unmapped() and Mapped()
// turn one into the other. A value type.
class IpAddress {
 public:
  // `text` as inet_pton() reads it: no brackets, no zone, no leading zeros.
  // Empty for any other text.
  static std::optional<IpAddress> Parse(absl::string_view text);
  // Empty for families other than AF_INET and AF_INET6.
  static std::optional<IpAddress> Of(const sockaddr& address);
  // `bytes` in the order of the network. Empty unless they are 4 or 16.
  static std::optional<IpAddress> FromBytes(absl::string_view bytes);

  bool is_v4() const { return size_ == kV4Bytes; }
  // In the order of the network: 4 bytes of IPv4, 16 of IPv6.
  absl::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), size_};
  }

  // The IPv4 address of a mapped one; any other address as it is.
  IpAddress Unmapped() const;
  // The mapped address of an IPv4 one; any other address as it is.
  IpAddress Mapped() const;

  // The canonical text (RFC 5952).
  std::string ToString() const;

  friend bool operator==(const IpAddress& a, const IpAddress& b) {
    return a.bytes() == b.bytes();
  }

 private:
  static constexpr size_t kV4Bytes = 4;
  static constexpr size_t kV6Bytes = 16;

  IpAddress() = default;

  std::array<uint8_t, kV6Bytes> bytes_ = {};  // The first size_ of them.
  size_t size_ = 0;
};

// A network in CIDR notation (RFC 4632, RFC 4291, 2.3). A value type.
class IpNetwork {
 public:
  // `10.0.0.0/8`; without a length, or with an empty one, a network of one
  // address. Bits of the address beyond the length count for nothing. Empty for
  // any other text, and for a length that the family does not have.
  static std::optional<IpNetwork> Parse(absl::string_view text);

  // Whether `address` is of the same family and begins with the same bits.
  bool Contains(const IpAddress& address) const;

 private:
  IpNetwork(const IpAddress& base, size_t bits) : base_(base), bits_(bits) {}

  IpAddress base_;
  size_t bits_;
};

}  // namespace cvr

#endif  // SERVICES_NETWORK_IP_NETWORK_H_
