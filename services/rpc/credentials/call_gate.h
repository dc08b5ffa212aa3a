#ifndef SERVICES_RPC_CREDENTIALS_CALL_GATE_H_
#define SERVICES_RPC_CREDENTIALS_CALL_GATE_H_

#include <grpc/grpc_security.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/rpc/credentials/peer_role.h"
#include "services/rpc/credentials/peer_secrets.h"

namespace cvr {

// How a server knows other processes of this system.
struct PeerTrust {
  // By mutual TLS: a certificate of --rpc_ca_file that has one of these names,
  // as the common name of its subject or as a DNS name.
  std::vector<std::string> gateway_names = {"cvr-gateway"};
  std::vector<std::string> blob_names = {"cvr-blob"};
  std::vector<std::string> metadata_names = {"cvr-metadata"};
  // Where there is no TLS: who shows the role's secret with the call. Null =
  // nobody.
  std::shared_ptr<const PeerSecrets> secrets;
};

// What a call shows of its caller, before any method runs.
struct CallIdentity {
  // By TLS.
  bool has_tls = false;
  // Of a certificate that the authority has issued; empty without one.
  std::vector<std::string> certificate_names;
  // The metadata field `cvr-peer-secret`.
  std::string secret;
};

// A call that the gate has refused.
struct RefusedCall {
  std::string
      method;  // `/cvr.internal.v1.CacheRecordService/GetUpstreamAccess`
  absl::Status status;
  // Of the caller's certificate.
  std::vector<std::string> certificate_names;
};

// Stands before every method that a server offers on a socket, and refuses by
// default: a call goes on only if method_rules.h has its method, and if the
// caller has a role that the method is for. It is part of the server's
// credentials (Attach()), so no service and no method can forget it. Calls by
// RpcServer::InProcessChannel() are the process's own and come by no gate.
//
// A refusal is a code and a text: the library sends no details of it
// (error_reason.proto).
//
// Methods for administrators go on: CallGuard asks about their tokens. The
// field `cvr-client`, in which a gateway or a metadata service says whom it
// calls for, is removed from calls of everybody else, and `cvr-peer-secret`
// from all. Thread-safe.
class CallGate {
 public:
  // Called for each call that is refused, on a thread of the library: it must
  // not block.
  using Listener = std::function<void(const RefusedCall&)>;

  CallGate(PeerTrust trust, Listener on_refused);

  // Pure but for reading secrets that have changed.
  PeerRoles RolesOf(const CallIdentity& identity) const;

  // Errors: PERMISSION_DENIED for whom the method is not; UNIMPLEMENTED for a
  // method that this process does not know. Pure.
  static absl::Status Check(absl::string_view method, PeerRoles roles);

  // Has the servers that use `credentials` ask `gate` about each call.
  static void Attach(std::shared_ptr<const CallGate> gate,
                     grpc_server_credentials* credentials);

 private:
  static void Process(void* state, grpc_auth_context* context,
                      const grpc_metadata* fields, size_t field_count,
                      grpc_process_auth_metadata_done_cb done, void* user_data);

  const PeerTrust trust_;
  const Listener on_refused_;
};

inline constexpr char kPeerSecretField[] = "cvr-peer-secret";
inline constexpr char kClientField[] = "cvr-client";

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_CALL_GATE_H_
