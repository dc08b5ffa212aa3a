#ifndef SERVICES_RPC_CREDENTIALS_PLAIN_SERVER_CREDENTIALS_H_
#define SERVICES_RPC_CREDENTIALS_PLAIN_SERVER_CREDENTIALS_H_

#include <grpc/grpc_security.h>

#include <memory>
#include <string>

#include "grpcpp/security/server_credentials.h"
#include "services/rpc/credentials/call_gate.h"

namespace cvr {

// Plain text with a gate: those of grpc::InsecureServerCredentials() cannot
// have a processor of metadata, though the library below can.
class PlainServerCredentials final : public grpc::ServerCredentials {
 public:
  explicit PlainServerCredentials(std::shared_ptr<const CallGate> gate)
      : credentials_(grpc_insecure_server_credentials_create()) {
    CallGate::Attach(std::move(gate), credentials_);
  }
  ~PlainServerCredentials() override {
    grpc_server_credentials_release(credentials_);
  }

  // Not supported, and not used here.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* const credentials_;
};

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_PLAIN_SERVER_CREDENTIALS_H_
