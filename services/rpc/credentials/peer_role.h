#ifndef SERVICES_RPC_CREDENTIALS_PEER_ROLE_H_
#define SERVICES_RPC_CREDENTIALS_PEER_ROLE_H_

#include <initializer_list>

#include "absl/strings/string_view.h"

namespace cvr {

// What another process of this system is, when it calls. The metadata service
// calls blob services for administrators alone, whose access tokens count: its
// role only lets it say whom it calls for.
enum class PeerRole { kGateway, kBlob, kMetadata };

inline constexpr PeerRole kPeerRoles[] = {PeerRole::kGateway, PeerRole::kBlob,
                                          PeerRole::kMetadata};

// `gateway`, `blob`, `metadata`.
constexpr absl::string_view NameOf(PeerRole role) {
  switch (role) {
    case PeerRole::kGateway:
      return "gateway";
    case PeerRole::kBlob:
      return "blob";
    case PeerRole::kMetadata:
      return "metadata";
  }
  return "";
}

// A set of roles; empty for everybody who is not a process of this system.
class PeerRoles {
 public:
  constexpr PeerRoles() = default;
  constexpr PeerRoles(std::initializer_list<PeerRole> roles) {
    for (const PeerRole role : roles) Add(role);
  }

  constexpr void Add(PeerRole role) { bits_ |= Bit(role); }
  constexpr bool Has(PeerRole role) const { return (bits_ & Bit(role)) != 0; }
  constexpr bool IsEmpty() const { return bits_ == 0; }
  constexpr bool HasAnyOf(PeerRoles others) const {
    return (bits_ & others.bits_) != 0;
  }

 private:
  static constexpr unsigned Bit(PeerRole role) {
    return 1U << static_cast<unsigned>(role);
  }

  unsigned bits_ = 0;
};

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_PEER_ROLE_H_
