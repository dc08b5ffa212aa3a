#ifndef SERVICES_COMMON_SERVICE_PEER_H_
#define SERVICES_COMMON_SERVICE_PEER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"
#include "services/common/rpc_status.h"

namespace cvr {

// Whether a caller is a process of this system. ResolutionService, AuthService
// and BlobService are for those only: they hand out credentials of upstreams,
// and content without asking for whom.
//
// By TLS, also on loopback: who has shown a certificate that --rpc_ca_file has
// issued. Nobody else, and nobody at all without --rpc_ca_file.
// Without TLS: everybody who gets through. That is whoever may open the Unix
// socket, this process itself, and over TCP this machine alone, unless
// --insecure_plaintext insists (see RpcServer).
//
// Errors: PERMISSION_DENIED.
absl::Status CheckServicePeer(const grpc::ServerContextBase& context);

// What an RPC answers that is for such callers: `answer()`, or why not.
template <typename Answer>
grpc::Status ForServicePeer(const grpc::ServerContextBase& context,
                            Answer answer) {
  const absl::Status peer = CheckServicePeer(context);
  return peer.ok() ? answer() : ToRpcStatus(peer);
}

// Whether the caller has shown a certificate that --rpc_ca_file has issued.
bool HasServiceCertificate(const grpc::ServerContextBase& context);

// The rule itself. `transport` is the security type that the library tells:
// empty in process. `has_certificate`: of an authority of ours. Pure.
bool IsServicePeer(absl::string_view transport, bool has_certificate);

}  // namespace cvr

#endif  // SERVICES_COMMON_SERVICE_PEER_H_
