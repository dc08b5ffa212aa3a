#include "gateway/http/client_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cvr {
namespace {

constexpr int kMappedBits = 96;
constexpr size_t kSharedBytes = 8;

bool SameBits(const uint8_t* a, const uint8_t* b, int bits) {
  const int whole = bits / 8;
  if (std::memcmp(a, b, whole) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool IsV4(const uint8_t* address) {
  constexpr uint8_t kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return SameBits(address, kMapped, kMappedBits);
}

}  // namespace

std::optional<TrustedProxies::Address> TrustedProxies::ParseAddress(
    absl::string_view text) {
  Address address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const std::string whole(text.substr(0, text.find('%')));
  if (inet_pton(AF_INET, whole.c_str(), address.data() + kMappedBits / 8) ==
          1 ||
      inet_pton(AF_INET6, whole.c_str(), address.data()) == 1) {
    return address;
  }
  return std::nullopt;
}

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(absl::string_view text) {
  TrustedProxies proxies;
  for (absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    part = absl::StripAsciiWhitespace(part);
    const std::pair<absl::string_view, absl::string_view> sides =
        absl::StrSplit(part, absl::MaxSplits('/', 1));
    const auto address = ParseAddress(sides.first);
    const int most = sides.first.find(':') == sides.first.npos ? 32 : 128;
    int bits = most;
    if (!address ||
        (!sides.second.empty() &&
         (!absl::SimpleAtoi(sides.second, &bits) || bits < 0 || bits > most))) {
      return absl::InvalidArgumentError(
          absl::StrCat("--trusted_proxies: '", part,
                       "' is not a valid network (expected CIDR notation such "
                       "as 10.0.0.0/8)"));
    }
    proxies.networks_.push_back({*address, bits + 128 - most});
  }
  return proxies;
}

bool TrustedProxies::Contains(const Address& address) const {
  return absl::c_any_of(networks_, [&](const Network& network) {
    return SameBits(network.address.data(), address.data(), network.bits);
  });
}

bool TrustedProxies::Trusts(absl::string_view peer) const {
  if (networks_.empty()) return false;
  const auto address = ParseAddress(peer);
  return address && Contains(*address);
}

std::optional<TrustedProxies::Address> TrustedProxies::Find(
    absl::string_view peer,
    const std::optional<std::string>& forwarded_for) const {
  std::optional<Address> client = ParseAddress(peer);
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
  char text[INET6_ADDRSTRLEN] = "";
  if (IsV4(client->data())) {
    inet_ntop(AF_INET, client->data() + kMappedBits / 8, text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, client->data(), text, sizeof(text));
  }
  return text;
}

std::string TrustedProxies::ClientOf(
    absl::string_view peer,
    const std::optional<std::string>& forwarded_for) const {
  const auto client = Find(peer, forwarded_for);
  if (!client) return std::string(peer);
  const absl::string_view bytes(reinterpret_cast<const char*>(client->data()),
                                client->size());
  return absl::BytesToHexString(IsV4(client->data())
                                    ? bytes.substr(kMappedBits / 8)
                                    : bytes.substr(0, kSharedBytes));
}

}  // namespace cvr
