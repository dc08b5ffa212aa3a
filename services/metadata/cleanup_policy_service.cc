#include "services/metadata/cleanup_policy_service.h"

#include "services/access/caller.h"

namespace cvr {

grpc::Status CleanupPolicyServiceImpl::CreateCleanupPolicy(
    grpc::ServerContext* context, const v1::CreateCleanupPolicyRequest* request,
    v1::CleanupPolicy* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Create(*request); });
}

grpc::Status CleanupPolicyServiceImpl::GetCleanupPolicy(
    grpc::ServerContext* context, const v1::GetCleanupPolicyRequest* request,
    v1::CleanupPolicy* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Get(*request); });
}

grpc::Status CleanupPolicyServiceImpl::UpdateCleanupPolicy(
    grpc::ServerContext* context, const v1::UpdateCleanupPolicyRequest* request,
    v1::CleanupPolicy* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Update(*request); });
}

grpc::Status CleanupPolicyServiceImpl::DeleteCleanupPolicy(
    grpc::ServerContext* context, const v1::DeleteCleanupPolicyRequest* request,
    google::protobuf::Empty* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Delete(*request); });
}

grpc::Status CleanupPolicyServiceImpl::RunCleanupPolicy(
    grpc::ServerContext* context, const v1::RunCleanupPolicyRequest* request,
    v1::CleanupPolicy* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Run(*request); });
}

}  // namespace cvr
