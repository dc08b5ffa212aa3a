#ifndef SERVICES_METADATA_AUTH_SERVICE_H_
#define SERVICES_METADATA_AUTH_SERVICE_H_

#include "cvr/internal/v1/auth_service.grpc.pb.h"
#include "services/access/admin_authority.h"
#include "services/metadata/api/token_authority.h"

namespace cvr {

// A TokenAuthority and an AdminAuthority on the wire, for other processes of
// the system (method_rules.h). Both must outlive the service.
class AuthServiceImpl final : public internal::v1::AuthService::Service {
 public:
  AuthServiceImpl(TokenAuthority& client, AdminAuthority& authority)
      : client_(client), authority_(authority) {}

  grpc::Status Authenticate(
      grpc::ServerContext* context,
      const internal::v1::AuthenticateRequest* request,
      internal::v1::AuthenticateResponse* response) override;
  grpc::Status IssueToken(grpc::ServerContext* context,
                          const internal::v1::IssueTokenRequest* request,
                          internal::v1::IssueTokenResponse* response) override;
  grpc::Status GetTrust(grpc::ServerContext* context,
                        const internal::v1::GetTrustRequest* request,
                        internal::v1::GetTrustResponse* response) override;
  grpc::Status Authorize(grpc::ServerContext* context,
                         const internal::v1::AuthorizeRequest* request,
                         internal::v1::AuthorizeResponse* response) override;
  grpc::Status ResolveKey(grpc::ServerContext* context,
                          const internal::v1::ResolveKeyRequest* request,
                          internal::v1::ResolveKeyResponse* response) override;
  grpc::Status RecordAuditEvent(
      grpc::ServerContext* context,
      const internal::v1::RecordAuditEventRequest* request,
      internal::v1::RecordAuditEventResponse* response) override;

 private:
  TokenAuthority& client_;
  AdminAuthority& authority_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_AUTH_SERVICE_H_
