#include "services/upstream/http/address_policy.h"

#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/network/ip_network.h"

namespace cvr {
namespace {

enum class Reach { kGlobal, kPrivate, kNever };

struct Block {
  const char* network;
  Reach reach;
};

// The first that matches counts; IPv4 addresses that none matches are global.
constexpr Block kBlocks[] = {
    {"0.0.0.0/8", Reach::kNever},
    {"100.100.100.200/32", Reach::kNever},  // Metadata (Alibaba).
    {"168.63.129.16/32", Reach::kNever},    // Metadata (Azure).
    {"169.254.0.0/16", Reach::kNever},      // Link-local, metadata.
    {"224.0.0.0/4", Reach::kNever},         // Multicast.
    {"255.255.255.255/32", Reach::kNever},  // Broadcast.
    {"10.0.0.0/8", Reach::kPrivate},
    {"100.64.0.0/10", Reach::kPrivate},  // Shared by carriers.
    {"127.0.0.0/8", Reach::kPrivate},
    {"172.16.0.0/12", Reach::kPrivate},
    {"192.0.0.0/24", Reach::kPrivate},
    {"192.0.2.0/24", Reach::kPrivate},    // Documentation.
    {"192.88.99.0/24", Reach::kPrivate},  // 6to4 relays.
    {"192.168.0.0/16", Reach::kPrivate},
    {"198.18.0.0/15", Reach::kPrivate},    // Benchmarks.
    {"198.51.100.0/24", Reach::kPrivate},  // Documentation.
    {"203.0.113.0/24", Reach::kPrivate},   // Documentation.
    {"240.0.0.0/4", Reach::kPrivate},      // Reserved.
    {"::1/128", Reach::kPrivate},
    {"::/8", Reach::kNever},
    {"fe80::/10", Reach::kNever},          // Link-local.
    {"ff00::/8", Reach::kNever},           // Multicast.
    {"fd00:ec2::254/128", Reach::kNever},  // Metadata (AWS).
    {"2001::/23", Reach::kPrivate},        // Protocol assignments.
    {"2001:db8::/32", Reach::kPrivate},    // Documentation.
    {"3fff::/20", Reach::kPrivate},        // Documentation.
    {"2000::/3", Reach::kGlobal},
    {"::/0", Reach::kPrivate},
};

struct ParsedBlock {
  IpNetwork network;
  Reach reach;
};

const std::vector<ParsedBlock>& ParsedBlocks() {
  static const auto* const parsed = [] {
    auto* const blocks = new std::vector<ParsedBlock>;
    for (const Block& block : kBlocks) {
      blocks->push_back({IpNetwork::Parse(block.network).value(), block.reach});
    }
    return blocks;
  }();
  return *parsed;
}

// The IPv4 address that an IPv6 address leads to (mapped, NAT64, 6to4); any
// other address as it is.
IpAddress DestinationOf(const IpAddress& address) {
  static const IpNetwork nat64 = IpNetwork::Parse("64:ff9b::/96").value();
  static const IpNetwork six_to_four = IpNetwork::Parse("2002::/16").value();
  if (nat64.Contains(address)) {
    return IpAddress::FromBytes(address.bytes().substr(12)).value();
  }
  if (six_to_four.Contains(address)) {
    return IpAddress::FromBytes(address.bytes().substr(2, 4)).value();
  }
  return address.Unmapped();
}

Reach ReachOf(const IpAddress& address) {
  const IpAddress destination = DestinationOf(address);
  for (const ParsedBlock& block : ParsedBlocks()) {
    if (block.network.Contains(destination)) return block.reach;
  }
  return Reach::kGlobal;
}

bool Passes(Reach reach, bool allow_private) {
  return reach == Reach::kGlobal || (reach == Reach::kPrivate && allow_private);
}

}  // namespace

bool AddressPolicy::Allows(const sockaddr& address) const {
  const auto ip = IpAddress::Of(address);
  return ip && Passes(ReachOf(*ip), allow_private_);
}

bool AddressPolicy::AllowsHost(const std::string& host) const {
  if (const auto ip = IpAddress::Parse(host)) {
    return Passes(ReachOf(*ip), allow_private_);
  }
  const bool is_local = absl::EqualsIgnoreCase(host, "localhost") ||
                        absl::EndsWithIgnoreCase(host, ".localhost");
  return !is_local || allow_private_;
}

absl::Status AddressDenied(const std::string& host) {
  return WithReason(
      absl::PermissionDeniedError(absl::StrCat(
          "upstream ", host,
          ": blocked, because its IP address is private or reserved; "
          "--allow_private_upstreams allows private addresses")),
      Reason::kDenied);
}

}  // namespace cvr
