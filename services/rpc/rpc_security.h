#ifndef SERVICES_RPC_RPC_SECURITY_H_
#define SERVICES_RPC_RPC_SECURITY_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "services/rpc/call_gate.h"
#include "services/rpc/peer_role.h"
#include "services/rpc/tls/certificate.h"

namespace cvr {

// How a process speaks gRPC, as a server and as a client. Unix sockets are
// always plain: their files are for the owner only (unix_listener.h).
struct RpcSecurity {
  bool tls = false;

  // What it proves itself with. A server needs it for TLS; empty = none.
  CertificateFiles certificate;

  // PEM of the authorities it believes: for servers that it calls, and for
  // clients that show a certificate. What such a client may call is said by the
  // names in its certificate (`peers`). Empty = the machine's, for servers; no
  // clients.
  std::string authority_file;

  // Without TLS: whether other machines may be spoken to, and what people are
  // told to do instead.
  bool insecure_plaintext = false;
  std::string tls_remedy =
      "set --rpc_certificate_file, --rpc_key_file and --rpc_ca_file to enable "
      "TLS";

  // Of a server: which callers are processes of this system.
  PeerTrust peers;
  // Of a server: told of each call that is refused; may be null.
  CallGate::Listener on_refused;

  // Of a client: as what it calls, where there is no TLS: it shows that role's
  // secret of `peers`. Empty = as nobody.
  std::optional<PeerRole> role;
};

// What a server on `address` shows, with the gate that every call has to pass
// (call_gate.h). Clients may show a certificate and need
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

#endif  // SERVICES_RPC_RPC_SECURITY_H_
