#ifndef SERVICES_RPC_METHOD_RULES_H_
#define SERVICES_RPC_METHOD_RULES_H_

#include "absl/strings/string_view.h"
#include "services/rpc/peer_role.h"

namespace cvr {

// Who may call a method of gRPC at all.
struct MethodRule {
  enum class For {
    // The method is served and in no table: an oversight, which CallGate
    // answers with PERMISSION_DENIED.
    kNobody,
    // This process knows no such method.
    kUnknown,
    // Health and reflection, which tell nothing of what is stored.
    kEverybody,
    // Administration: the table of access rules (access_rules.h) has the
    // method's request, and CallGuard asks it about the caller's token.
    kAdministrators,
    // Other processes of this system that have one of `roles`.
    kPeers,
  };
  For whom = For::kNobody;
  PeerRoles roles;
};

// The rule for `path`, `/cvr.v1.RegistryService/GetRegistry`: the table of
// peers' methods first, then the access rules. What is in neither is for
// nobody. Pure; knows the methods whose messages are linked into the process,
// which those of its services are.
MethodRule RuleOfMethod(absl::string_view path);

}  // namespace cvr

#endif  // SERVICES_RPC_METHOD_RULES_H_
