#ifndef SERVICES_RPC_RPC_FLAGS_H_
#define SERVICES_RPC_RPC_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/rpc/rpc_security.h"

namespace cvr {

// What a process is among those of the system. All but the standalone have
// others to speak to, and so need both a certificate and an authority, or
// neither.
enum class RpcRole { kMetadata, kBlob, kGateway, kStandalone };

struct RpcFlagsOptions {
  RpcRole role = RpcRole::kStandalone;
  // Where the metadata service is: the address that is served by it, and called
  // by others. Unused by the standalone.
  std::string metadata_address;
  // Of the metadata service: where its data are.
  std::string data_dir;
};

// Whether RpcSecurityFromFlags() and serving gRPC on `grpc_address` would go
// well, as far as that can be told without making anything: the flags go
// together, the certificates can be read, the port is free. Errors:
// INVALID_ARGUMENT, FAILED_PRECONDITION in one line that names the flag or
// file.
absl::Status CheckRpcFlags(const RpcFlagsOptions& options,
                           const std::string& grpc_address);

// --rpc_certificate_file, --rpc_key_file, --rpc_ca_file, --rpc_gateway_names,
// --rpc_blob_names, --rpc_metadata_names, --peer_secrets_dir and
// --insecure_plaintext. The metadata service makes the secrets that are
// missing. Errors: INVALID_ARGUMENT naming what is missing; those of
// PeerSecrets.
absl::StatusOr<RpcSecurity> RpcSecurityFromFlags(
    const RpcFlagsOptions& options);

// The files of --rpc_certificate_file and --rpc_ca_file; empty where there is
// none. For CertificateWatch.
std::vector<std::string> RpcCertificatePathsFromFlags();

}  // namespace cvr

#endif  // SERVICES_RPC_RPC_FLAGS_H_
