#ifndef SERVICES_COMMON_RPC_SERVER_H_
#define SERVICES_COMMON_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace cvr {

// A gRPC server with reflection and the standard health service.
class RpcServer {
 public:
  // Serves `services`, which must outlive the server, on `address`: host:port
  // (port 0: the system chooses) or unix:PATH.
  // Errors: FAILED_PRECONDITION naming the address, when it cannot be bound or
  // is not on this machine alone: there is no access control yet.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(
      const std::string& address, const std::vector<grpc::Service*>& services);

  // Stops at once what is still running.
  ~RpcServer();

  // With the port that was bound.
  const std::string& address() const { return address_; }

  // A channel to this server without a socket. Not to be used any more once the
  // server shuts down: the library (1.51) would crash.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Takes no more calls and waits for the running ones until `deadline`, then
  // cancels them. Idempotent.
  void Shutdown(absl::Time deadline);

 private:
  RpcServer() = default;

  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

// Whether `address` (host:port, [v6]:port, unix:PATH) can be reached from this
// machine only.
bool IsLocalAddress(absl::string_view address);

// A channel for calls between services, with the limits of limits.h for
// messages and for what waits in each stream. Does not connect yet.
std::shared_ptr<grpc::Channel> MakeRpcChannel(const std::string& address);

}  // namespace cvr

#endif  // SERVICES_COMMON_RPC_SERVER_H_
