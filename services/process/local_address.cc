#include "services/process/local_address.h"

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "services/network/host.h"
#include "services/network/ip_network.h"

namespace cvr {

bool IsUnixAddress(absl::string_view address) {
  return absl::StartsWith(address, "unix:");
}

std::string UnixPathOf(absl::string_view address) {
  if (!absl::ConsumePrefix(&address, "unix:")) return "";
  if (absl::StartsWith(address, "///")) address.remove_prefix(2);
  return std::string(address);
}

bool IsLocalAddress(absl::string_view address) {
  if (IsUnixAddress(address)) return true;
  static const IpNetwork v4_loopback = IpNetwork::Parse("127.0.0.0/8").value();
  static const IpNetwork v6_loopback = IpNetwork::Parse("::1").value();
  const auto authority = SplitAuthority(address);
  if (!authority) return false;
  if (authority->host == "localhost") return !authority->has_brackets;
  const auto ip = IpAddress::Parse(authority->host);
  return ip &&
         (authority->has_brackets ? v6_loopback : v4_loopback).Contains(*ip);
}

}  // namespace cvr
