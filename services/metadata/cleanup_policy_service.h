#ifndef SERVICES_METADATA_CLEANUP_POLICY_SERVICE_H_
#define SERVICES_METADATA_CLEANUP_POLICY_SERVICE_H_

#include "protos/cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "services/metadata/admin/cleanup_policy_admin.h"
#include "services/rpc/call_guard.h"

namespace cvr {

// CleanupPolicyAdmin on the wire, as admin_services.h does it. Both that it is
// given must outlive it.
class CleanupPolicyServiceImpl final
    : public v1::CleanupPolicyService::Service {
 public:
  CleanupPolicyServiceImpl(CleanupPolicyAdmin& admin, CallGuard& guard)
      : admin_(admin), guard_(guard) {}

  grpc::Status CreateCleanupPolicy(
      grpc::ServerContext* context,
      const v1::CreateCleanupPolicyRequest* request,
      v1::CleanupPolicy* response) override;
  grpc::Status GetCleanupPolicy(grpc::ServerContext* context,
                                const v1::GetCleanupPolicyRequest* request,
                                v1::CleanupPolicy* response) override;
  grpc::Status UpdateCleanupPolicy(
      grpc::ServerContext* context,
      const v1::UpdateCleanupPolicyRequest* request,
      v1::CleanupPolicy* response) override;
  grpc::Status DeleteCleanupPolicy(
      grpc::ServerContext* context,
      const v1::DeleteCleanupPolicyRequest* request,
      google::protobuf::Empty* response) override;
  grpc::Status RunCleanupPolicy(grpc::ServerContext* context,
                                const v1::RunCleanupPolicyRequest* request,
                                v1::CleanupPolicy* response) override;

 private:
  CleanupPolicyAdmin& admin_;
  CallGuard& guard_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_CLEANUP_POLICY_SERVICE_H_
