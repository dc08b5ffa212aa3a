#include "services/upstream/http/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

enum class Reach { kGlobal, kPrivate, kNever };

struct V4Block {
  uint32_t prefix;
  int bits;
  Reach reach;
};

constexpr uint32_t V4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// The first that matches counts.
constexpr V4Block kV4Blocks[] = {
    {V4(0, 0, 0, 0), 8, Reach::kNever},
    {V4(100, 100, 100, 200), 32, Reach::kNever},  // Metadata (Alibaba).
    {V4(168, 63, 129, 16), 32, Reach::kNever},    // Metadata (Azure).
    {V4(169, 254, 0, 0), 16, Reach::kNever},      // Link-local, metadata.
    {V4(224, 0, 0, 0), 4, Reach::kNever},         // Multicast.
    {V4(255, 255, 255, 255), 32, Reach::kNever},  // Broadcast.
    {V4(10, 0, 0, 0), 8, Reach::kPrivate},
    {V4(100, 64, 0, 0), 10, Reach::kPrivate},  // Shared by carriers.
    {V4(127, 0, 0, 0), 8, Reach::kPrivate},
    {V4(172, 16, 0, 0), 12, Reach::kPrivate},
    {V4(192, 0, 0, 0), 24, Reach::kPrivate},
    {V4(192, 0, 2, 0), 24, Reach::kPrivate},    // Documentation.
    {V4(192, 88, 99, 0), 24, Reach::kPrivate},  // 6to4 relays.
    {V4(192, 168, 0, 0), 16, Reach::kPrivate},
    {V4(198, 18, 0, 0), 15, Reach::kPrivate},    // Benchmarks.
    {V4(198, 51, 100, 0), 24, Reach::kPrivate},  // Documentation.
    {V4(203, 0, 113, 0), 24, Reach::kPrivate},   // Documentation.
    {V4(240, 0, 0, 0), 4, Reach::kPrivate},      // Reserved.
};

Reach ReachOf(uint32_t address) {
  for (const V4Block& block : kV4Blocks) {
    const uint32_t mask = ~uint32_t{0} << (32 - block.bits);
    if ((address & mask) == block.prefix) return block.reach;
  }
  return Reach::kGlobal;
}

using V6Bytes = std::array<uint8_t, 16>;

uint32_t EmbeddedV4(const V6Bytes& bytes, size_t at) {
  return V4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

// Whether the first `bits` of the address are those of `prefix`.
bool HasPrefix(const V6Bytes& bytes, const char* prefix, int bits) {
  V6Bytes wanted;
  inet_pton(AF_INET6, prefix, wanted.data());
  for (int i = 0; i < bits; ++i) {
    const uint8_t mask = 0x80 >> (i % 8);
    if ((bytes[i / 8] & mask) != (wanted[i / 8] & mask)) return false;
  }
  return true;
}

Reach ReachOf(const V6Bytes& bytes) {
  if (HasPrefix(bytes, "::ffff:0:0", 96) || HasPrefix(bytes, "64:ff9b::", 96)) {
    return ReachOf(EmbeddedV4(bytes, 12));
  }
  if (HasPrefix(bytes, "2002::", 16)) return ReachOf(EmbeddedV4(bytes, 2));
  if (HasPrefix(bytes, "::1", 128)) return Reach::kPrivate;
  if (HasPrefix(bytes, "::", 8)) return Reach::kNever;
  if (HasPrefix(bytes, "fe80::", 10) || HasPrefix(bytes, "ff00::", 8) ||
      HasPrefix(bytes, "fd00:ec2::254", 128)) {  // Metadata (AWS).
    return Reach::kNever;
  }
  const bool is_global =
      HasPrefix(bytes, "2000::", 3) && !HasPrefix(bytes, "2001::", 23) &&
      !HasPrefix(bytes, "2001:db8::", 32) && !HasPrefix(bytes, "3fff::", 20);
  return is_global ? Reach::kGlobal : Reach::kPrivate;
}

Reach ReachOf(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return ReachOf(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    V6Bytes bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return ReachOf(bytes);
  }
  return Reach::kNever;
}

bool Passes(Reach reach, bool allow_private) {
  return reach == Reach::kGlobal || (reach == Reach::kPrivate && allow_private);
}

}  // namespace

bool AddressPolicy::Allows(const sockaddr& address) const {
  return Passes(ReachOf(address), allow_private_);
}

bool AddressPolicy::AllowsHost(const std::string& host) const {
  in_addr v4;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return Passes(ReachOf(ntohl(v4.s_addr)), allow_private_);
  }
  V6Bytes v6;
  if (inet_pton(AF_INET6, host.c_str(), v6.data()) == 1) {
    return Passes(ReachOf(v6), allow_private_);
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
