#include "gateway/http/client_address.h"

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cvr {
namespace {

constexpr size_t kSharedBytes = 8;

// Without the zone, which only says through which interface a peer is reached.
// An IPv4 client of a socket for both families is the same client.
std::optional<IpAddress> ParseAddress(absl::string_view text) {
  const auto address = IpAddress::Parse(text.substr(0, text.find('%')));
  if (!address) return std::nullopt;
  return address->Unmapped();
}

}  // namespace

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(absl::string_view text) {
  TrustedProxies proxies;
  for (absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    part = absl::StripAsciiWhitespace(part);
    const auto network = IpNetwork::Parse(part);
    if (!network) {
      return absl::InvalidArgumentError(
          absl::StrCat("--trusted_proxies: '", part,
                       "' is not a valid network (expected CIDR notation such "
                       "as 10.0.0.0/8)"));
    }
    proxies.networks_.push_back(*network);
  }
  return proxies;
}

// Networks may be written in either form of IPv4 too: `::ffff:10.0.0.0/104`.
bool TrustedProxies::Contains(const IpAddress& address) const {
  const IpAddress mapped = address.Mapped();
  return absl::c_any_of(networks_, [&](const IpNetwork& network) {
    return network.Contains(address) || network.Contains(mapped);
  });
}

bool TrustedProxies::Trusts(absl::string_view peer) const {
  if (networks_.empty()) return false;
  const auto address = ParseAddress(peer);
  return address && Contains(*address);
}

std::optional<IpAddress> TrustedProxies::Find(
    absl::string_view peer,
    const std::optional<std::string>& forwarded_for) const {
  std::optional<IpAddress> client = ParseAddress(peer);
  if (!client) return std::nullopt;
  std::vector<std::string> hops;
  if (forwarded_for) hops = absl::StrSplit(*forwarded_for, ',');
  while (Contains(*client) && !hops.empty()) {
    const auto hop = ParseAddress(absl::StripAsciiWhitespace(hops.back()));
    hops.pop_back();
    if (!hop) break;
    client = hop;
  }
  return client;
}

std::string TrustedProxies::AddressOf(
    absl::string_view peer,
    const std::optional<std::string>& forwarded_for) const {
  const auto client = Find(peer, forwarded_for);
  if (!client) return std::string(peer);
  return client->ToString();
}

std::string TrustedProxies::ClientAddressOf(
    absl::string_view peer,
    const std::optional<std::string>& forwarded_for) const {
  const auto client = Find(peer, forwarded_for);
  if (!client) return std::string(peer);
  const absl::string_view bytes = client->bytes();
  return absl::BytesToHexString(
      client->is_v4() ? bytes : bytes.substr(0, kSharedBytes));
}

}  // namespace cvr
