#ifndef SERVICES_RPC_RPC_SERVER_H_
#define SERVICES_RPC_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "services/rpc/rpc_security.h"
#include "services/rpc/unix_listener.h"

namespace cvr {

// A gRPC server with reflection and the standard health service. Every call
// from its socket must pass a gate that refuses by default (call_gate.h).
class RpcServer {
 public:
  // Serves `services`, which must outlive the server, on `address`: host:port
  // (port 0: the system chooses) or unix:PATH, which only this process's user
  // and root reach (unix_listener.h).
  // Errors: FAILED_PRECONDITION naming the address, when it cannot be bound;
  // those of MakeServerCredentials().
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(
      const std::string& address, const std::vector<grpc::Service*>& services,
      const RpcSecurity& security = {});

  // Cancels the calls that are still running.
  ~RpcServer();

  // The address, with the port that was bound.
  const std::string& address() const { return address_; }

  // A channel to this server without a socket. Must not be used after the
  // server has begun to shut down: gRPC 1.51 would crash.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Takes no more calls and waits for the running ones until `deadline`
  // (Clock::SteadyNow()), then cancels them. Idempotent.
  void Shutdown(absl::Time deadline);

 private:
  RpcServer() = default;

  std::string address_;
  // Outlives the server.
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  std::unique_ptr<grpc::Server> server_;
  // Null for TCP. Uses the server.
  std::unique_ptr<UnixListener> unix_listener_;
};

// Opens a channel for calls between services, with the limits of limits.h for
// messages and streams. Without TLS its calls present the secret of
// `security.role`. The channel connects at once, and reconnects within a second
// of when the service is available again (channel_keeper.h).
// Errors: those of MakeChannelCredentials().
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenRpcChannel(
    const std::string& address, const RpcSecurity& security);

// The same without TLS and without a secret. Logs a warning if `address` is on
// another machine.
std::shared_ptr<grpc::Channel> MakeRpcChannel(const std::string& address);

}  // namespace cvr

#endif  // SERVICES_RPC_RPC_SERVER_H_
