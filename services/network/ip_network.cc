#include "services/network/ip_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cvr {
namespace {

constexpr absl::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);

template <typename Bytes>
absl::string_view BytesOf(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(&bytes), sizeof(bytes)};
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  // inet_pton() would take a NUL for the end of the text.
  if (absl::StrContains(text, '\0')) return std::nullopt;
  const std::string terminated(text);
  in_addr v4;
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
    return FromBytes(BytesOf(v4));
  }
  in6_addr v6;
  if (inet_pton(AF_INET6, terminated.c_str(), &v6) == 1) {
    return FromBytes(BytesOf(v6));
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::Of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return FromBytes(
        BytesOf(reinterpret_cast<const sockaddr_in&>(address).sin_addr));
  }
  if (address.sa_family == AF_INET6) {
    return FromBytes(
        BytesOf(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr));
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kV4Bytes && bytes.size() != kV6Bytes) return std::nullopt;
  IpAddress address;
  address.size_ = bytes.size();
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::Unmapped() const {
  if (is_v4() || !absl::StartsWith(bytes(), kMappedPrefix)) return *this;
  return *FromBytes(bytes().substr(kMappedPrefix.size()));
}

IpAddress IpAddress::Mapped() const {
  if (!is_v4()) return *this;
  return *FromBytes(absl::StrCat(kMappedPrefix, bytes()));
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

std::optional<IpNetwork> IpNetwork::Parse(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> sides =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  const auto base = IpAddress::Parse(sides.first);
  if (!base) return std::nullopt;
  const uint32_t bits_max = base->bytes().size() * 8;
  uint32_t bits = bits_max;
  if (!sides.second.empty() &&
      (!absl::SimpleAtoi(sides.second, &bits) || bits > bits_max)) {
    return std::nullopt;
  }
  return IpNetwork(*base, bits);
}

bool IpNetwork::Contains(const IpAddress& address) const {
  const absl::string_view a = base_.bytes();
  const absl::string_view b = address.bytes();
  if (a.size() != b.size()) return false;
  const size_t whole = bits_ / 8;
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  const size_t rest = bits_ % 8;
  // Shifted as unsigned numbers: a char may be negative.
  const auto difference =
      static_cast<uint8_t>(rest == 0 ? 0 : a[whole] ^ b[whole]);
  return difference >> (8 - rest) == 0;
}

}  // namespace cvr
