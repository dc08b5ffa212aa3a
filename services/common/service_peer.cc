#include "services/common/service_peer.h"

#include <grpc/grpc_security_constants.h>

#include <string>

#include "grpcpp/security/auth_context.h"

namespace cvr {
namespace {

// As the library writes it; there is no constant for it.
constexpr absl::string_view kInsecure = "insecure";

}  // namespace

bool IsServicePeer(absl::string_view transport, bool has_certificate) {
  return transport.empty() || transport == kInsecure || has_certificate;
}

bool HasServiceCertificate(const grpc::ServerContextBase& context) {
  // The library ends the handshake of one that cannot be verified.
  const auto peer = context.auth_context();
  return peer != nullptr && peer->IsPeerAuthenticated();
}

absl::Status CheckServicePeer(const grpc::ServerContextBase& context) {
  const auto peer = context.auth_context();
  std::string transport;
  if (peer != nullptr) {
    const auto types =
        peer->FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
    if (!types.empty()) transport.assign(types[0].data(), types[0].size());
  }
  if (IsServicePeer(transport, HasServiceCertificate(context))) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      "this service is for other processes of the registry, which show a "
      "certificate");
}

}  // namespace cvr
