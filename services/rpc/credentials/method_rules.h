#ifndef SERVICES_RPC_CREDENTIALS_METHOD_RULES_H_
#define SERVICES_RPC_CREDENTIALS_METHOD_RULES_H_

#include "absl/strings/string_view.h"
#include "services/rpc/credentials/peer_role.h"

namespace cvr {

// Which callers may call a gRPC method at all.
struct MethodRule {
  enum class For {
    // The method is served but is in no table, which is an oversight: CallGate
    // refuses it with PERMISSION_DENIED.
    kNobody,
    // This process does not serve the method.
    kUnknown,
    // Health and reflection, which reveal no stored data.
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

// The rule for the method `path`, such as
// `/cvr.v1.RegistryService/GetRegistry`, from the table of peers' methods or
// else from the access rules. Nobody may call a method that is in neither.
// Pure. It knows all methods whose messages are linked into the process, which
// includes those of its services.
MethodRule RuleOfMethod(absl::string_view path);

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_METHOD_RULES_H_
