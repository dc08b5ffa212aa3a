#ifndef SERVICES_COMMON_RPC_FLAGS_H_
#define SERVICES_COMMON_RPC_FLAGS_H_

#include "absl/status/statusor.h"
#include "services/common/rpc_security.h"

namespace cvr {

// Whether a process has others of the system to speak to, and so needs both a
// certificate and an authority, or neither.
enum class RpcRole { kOneOfSeveral, kStandalone };

// --rpc_certificate_file, --rpc_key_file, --rpc_ca_file and
// --insecure_plaintext. Errors: INVALID_ARGUMENT naming what is missing.
absl::StatusOr<RpcSecurity> RpcSecurityFromFlags(RpcRole role);

}  // namespace cvr

#endif  // SERVICES_COMMON_RPC_FLAGS_H_
