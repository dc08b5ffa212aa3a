#ifndef SERVICES_RPC_RPC_SECURITY_H_
#define SERVICES_RPC_RPC_SECURITY_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "services/rpc/credentials/call_gate.h"
#include "services/rpc/credentials/peer_role.h"
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

// Credentials for a server on `address`, with the gate that every call has to
// pass (call_gate.h). Clients may present a certificate; an invalid one fails
// the handshake. Changed files are reloaded at the next handshake; while they
// are not valid, this is logged and the last valid ones stay in use.
// Errors: those of ReadCertificate(), ReadAuthorities() and CheckPlaintext();
// INVALID_ARGUMENT for TLS without a certificate.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::string& address, const RpcSecurity& security);

// Credentials for a client that calls `address`. With TLS the server must
// present a certificate for the host in `address`. Changed files are reloaded
// within seconds; while they are not valid, no new connection is made.
// Errors: those of ReadCertificate(), ReadAuthorities() and CheckPlaintext().
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>>
MakeChannelCredentials(const std::string& address, const RpcSecurity& security);

}  // namespace cvr

#endif  // SERVICES_RPC_RPC_SECURITY_H_
