#ifndef SERVICES_COMMON_RPC_SECURITY_H_
#define SERVICES_COMMON_RPC_SECURITY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "services/common/certificate.h"

namespace cvr {

// How a process speaks gRPC over TCP, as a server and as a client. Unix sockets
// are always plain: the file system says who reaches them.
struct RpcSecurity {
  bool tls = false;

  // What it proves itself with. A server needs it for TLS; empty = none.
  CertificateFiles certificate;

  // PEM of the authorities it believes: for servers that it calls, and for
  // clients that show a certificate. It must sign for processes of this system
  // and nobody else: whoever has a certificate of it is taken for one of them
  // (service_peer.h). Empty = the machine's, for servers; no clients.
  std::string authority_file;

  // Without TLS: whether other machines may be spoken to, and what people are
  // told to do instead.
  bool insecure_plaintext = false;
  std::string tls_remedy =
      "set --rpc_certificate_file, --rpc_key_file and --rpc_ca_file";
};

// What a server on `address` shows. Clients may show a certificate and need
// not; a bad one ends the handshake. Files that change are read again at the
// next handshake; while they are no good that is logged, and the last good ones
// are used. Errors: those of ReadCertificate(),
// ReadAuthorities() and CheckPlaintext(); INVALID_ARGUMENT for TLS without a
// certificate.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::string& address, const RpcSecurity& security);

// What a client that calls `address` shows; a server must have a certificate
// for the host that it was called by. Files that change are read again within
// seconds; while they are no good, no new connection is made.
// Errors: those of ReadCertificate(), ReadAuthorities() and CheckPlaintext().
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>>
MakeChannelCredentials(const std::string& address, const RpcSecurity& security);

}  // namespace cvr

#endif  // SERVICES_COMMON_RPC_SECURITY_H_
