#ifndef SERVICES_RPC_CREDENTIALS_PEER_SECRET_CHANNEL_H_
#define SERVICES_RPC_CREDENTIALS_PEER_SECRET_CHANNEL_H_

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/support/client_interceptor.h"
#include "services/rpc/credentials/peer_role.h"
#include "services/rpc/credentials/peer_secrets.h"

namespace cvr {

// What a channel to `address` needs so that each of its calls shows the secret
// of `role` (call_gate.h). The secret goes to a Unix socket only if that
// belongs to this process's user or to root.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
ShowPeerSecret(std::shared_ptr<const PeerSecrets> secrets, PeerRole role,
               const std::string& address);

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_PEER_SECRET_CHANNEL_H_
