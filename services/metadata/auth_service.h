#ifndef SERVICES_METADATA_AUTH_SERVICE_H_
#define SERVICES_METADATA_AUTH_SERVICE_H_

#include "protos/cvr/v1/auth_service.grpc.pb.h"
#include "services/metadata/auth_client.h"

namespace cvr {

// An AuthClient on the wire, for other processes of the system
// (service_peer.h); it must outlive the service.
class AuthServiceImpl final : public v1::AuthService::Service {
 public:
  explicit AuthServiceImpl(AuthClient& client) : client_(client) {}

  grpc::Status Authenticate(grpc::ServerContext* context,
                            const v1::AuthenticateRequest* request,
                            v1::Caller* response) override;
  grpc::Status IssueToken(grpc::ServerContext* context,
                          const v1::IssueTokenRequest* request,
                          v1::IssueTokenResponse* response) override;
  grpc::Status GetTrust(grpc::ServerContext* context,
                        const v1::GetTrustRequest* request,
                        v1::Trust* response) override;

 private:
  AuthClient& client_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_AUTH_SERVICE_H_
