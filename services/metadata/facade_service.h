#ifndef SERVICES_METADATA_FACADE_SERVICE_H_
#define SERVICES_METADATA_FACADE_SERVICE_H_

#include "cvr/internal/v1/facade_service.grpc.pb.h"
#include "services/metadata/admin/cleanup_policy_admin.h"

namespace cvr {

// What /api/v4 has settings for and cvr.v1 has not, for the gateway alone
// (method_rules.h). `admin` must outlive the service.
class FacadeServiceImpl final : public internal::v1::FacadeService::Service {
 public:
  explicit FacadeServiceImpl(CleanupPolicyAdmin& admin) : admin_(admin) {}

  grpc::Status GetFacadeSettings(
      grpc::ServerContext* context,
      const internal::v1::GetFacadeSettingsRequest* request,
      internal::v1::GetFacadeSettingsResponse* response) override;
  grpc::Status UpdateFacadeSettings(
      grpc::ServerContext* context,
      const internal::v1::UpdateFacadeSettingsRequest* request,
      internal::v1::UpdateFacadeSettingsResponse* response) override;

 private:
  CleanupPolicyAdmin& admin_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_FACADE_SERVICE_H_
