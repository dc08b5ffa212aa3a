#include "services/metadata/admin_services.h"

namespace cvr {

grpc::Status GroupServiceImpl::CreateGroup(
    grpc::ServerContext* context, const v1::CreateGroupRequest* request,
    v1::Group* response) {
  return Forward(&GroupAdmin::Create, context, request, response);
}

grpc::Status GroupServiceImpl::GetGroup(grpc::ServerContext* context,
                                        const v1::GetGroupRequest* request,
                                        v1::Group* response) {
  return Forward(&GroupAdmin::Get, context, request, response);
}

grpc::Status GroupServiceImpl::ListGroups(grpc::ServerContext* context,
                                          const v1::ListGroupsRequest* request,
                                          v1::ListGroupsResponse* response) {
  return Forward(&GroupAdmin::List, context, request, response);
}

grpc::Status GroupServiceImpl::UpdateGroup(
    grpc::ServerContext* context, const v1::UpdateGroupRequest* request,
    v1::Group* response) {
  return Forward(&GroupAdmin::Update, context, request, response);
}

grpc::Status GroupServiceImpl::DeleteGroup(
    grpc::ServerContext* context, const v1::DeleteGroupRequest* request,
    google::protobuf::Empty* response) {
  return Forward(&GroupAdmin::Delete, context, request, response);
}

grpc::Status RegistryServiceImpl::CreateRegistry(
    grpc::ServerContext* context, const v1::CreateRegistryRequest* request,
    v1::Registry* response) {
  return Forward(&RegistryAdmin::Create, context, request, response);
}

grpc::Status RegistryServiceImpl::GetRegistry(
    grpc::ServerContext* context, const v1::GetRegistryRequest* request,
    v1::Registry* response) {
  return Forward(&RegistryAdmin::Get, context, request, response);
}

grpc::Status RegistryServiceImpl::ListRegistries(
    grpc::ServerContext* context, const v1::ListRegistriesRequest* request,
    v1::ListRegistriesResponse* response) {
  return Forward(&RegistryAdmin::List, context, request, response);
}

grpc::Status RegistryServiceImpl::UpdateRegistry(
    grpc::ServerContext* context, const v1::UpdateRegistryRequest* request,
    v1::Registry* response) {
  return Forward(&RegistryAdmin::Update, context, request, response);
}

grpc::Status RegistryServiceImpl::DeleteRegistry(
    grpc::ServerContext* context, const v1::DeleteRegistryRequest* request,
    google::protobuf::Empty* response) {
  return Forward(&RegistryAdmin::Delete, context, request, response);
}

grpc::Status UpstreamServiceImpl::CreateUpstream(
    grpc::ServerContext* context, const v1::CreateUpstreamRequest* request,
    v1::Upstream* response) {
  return Forward(&UpstreamAdmin::Create, context, request, response);
}

grpc::Status UpstreamServiceImpl::GetUpstream(
    grpc::ServerContext* context, const v1::GetUpstreamRequest* request,
    v1::Upstream* response) {
  return Forward(&UpstreamAdmin::Get, context, request, response);
}

grpc::Status UpstreamServiceImpl::ListUpstreams(
    grpc::ServerContext* context, const v1::ListUpstreamsRequest* request,
    v1::ListUpstreamsResponse* response) {
  return Forward(&UpstreamAdmin::List, context, request, response);
}

grpc::Status UpstreamServiceImpl::UpdateUpstream(
    grpc::ServerContext* context, const v1::UpdateUpstreamRequest* request,
    v1::Upstream* response) {
  return Forward(&UpstreamAdmin::Update, context, request, response);
}

grpc::Status UpstreamServiceImpl::DeleteUpstream(
    grpc::ServerContext* context, const v1::DeleteUpstreamRequest* request,
    google::protobuf::Empty* response) {
  return Forward(&UpstreamAdmin::Delete, context, request, response);
}

grpc::Status UpstreamServiceImpl::AttachUpstream(
    grpc::ServerContext* context, const v1::AttachUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return ForwardTo(attachments_, &AttachmentAdmin::Attach, context, request,
                   response);
}

grpc::Status UpstreamServiceImpl::GetRegistryUpstream(
    grpc::ServerContext* context, const v1::GetRegistryUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return ForwardTo(attachments_, &AttachmentAdmin::Get, context, request,
                   response);
}

grpc::Status UpstreamServiceImpl::MoveUpstream(
    grpc::ServerContext* context, const v1::MoveUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return ForwardTo(attachments_, &AttachmentAdmin::Move, context, request,
                   response);
}

grpc::Status UpstreamServiceImpl::DetachUpstream(
    grpc::ServerContext* context, const v1::DetachUpstreamRequest* request,
    google::protobuf::Empty* response) {
  return ForwardTo(attachments_, &AttachmentAdmin::Detach, context, request,
                   response);
}

grpc::Status CacheEntryServiceImpl::CreateCacheEntry(
    grpc::ServerContext* context, const v1::CreateCacheEntryRequest* request,
    v1::CacheEntry* response) {
  return Forward(&CacheEntryAdmin::Create, context, request, response);
}

grpc::Status CacheEntryServiceImpl::GetCacheEntry(
    grpc::ServerContext* context, const v1::GetCacheEntryRequest* request,
    v1::CacheEntry* response) {
  return Forward(&CacheEntryAdmin::Get, context, request, response);
}

grpc::Status CacheEntryServiceImpl::ListCacheEntries(
    grpc::ServerContext* context, const v1::ListCacheEntriesRequest* request,
    v1::ListCacheEntriesResponse* response) {
  return Forward(&CacheEntryAdmin::List, context, request, response);
}

grpc::Status CacheEntryServiceImpl::UpdateCacheEntry(
    grpc::ServerContext* context, const v1::UpdateCacheEntryRequest* request,
    v1::CacheEntry* response) {
  return Forward(&CacheEntryAdmin::Update, context, request, response);
}

grpc::Status CacheEntryServiceImpl::DeleteCacheEntry(
    grpc::ServerContext* context, const v1::DeleteCacheEntryRequest* request,
    google::protobuf::Empty* response) {
  return Forward(&CacheEntryAdmin::Delete, context, request, response);
}

grpc::Status AccessTokenServiceImpl::CreateAccessToken(
    grpc::ServerContext* context, const v1::CreateAccessTokenRequest* request,
    v1::CreateAccessTokenResponse* response) {
  return Forward(&AccessTokenAdmin::Create, context, request, response);
}

grpc::Status AccessTokenServiceImpl::ListAccessTokens(
    grpc::ServerContext* context, const v1::ListAccessTokensRequest* request,
    v1::ListAccessTokensResponse* response) {
  return Forward(&AccessTokenAdmin::List, context, request, response);
}

grpc::Status AccessTokenServiceImpl::RevokeAccessToken(
    grpc::ServerContext* context, const v1::RevokeAccessTokenRequest* request,
    google::protobuf::Empty* response) {
  return Forward(&AccessTokenAdmin::Revoke, context, request, response);
}

grpc::Status AuditServiceImpl::ListAuditEvents(
    grpc::ServerContext* context, const v1::ListAuditEventsRequest* request,
    v1::ListAuditEventsResponse* response) {
  return Forward(&AuditTrail::List, context, request, response);
}

grpc::Status CleanupPolicyServiceImpl::CreateCleanupPolicy(
    grpc::ServerContext* context, const v1::CreateCleanupPolicyRequest* request,
    v1::CleanupPolicy* response) {
  return Forward(&CleanupPolicyAdmin::Create, context, request, response);
}

grpc::Status CleanupPolicyServiceImpl::GetCleanupPolicy(
    grpc::ServerContext* context, const v1::GetCleanupPolicyRequest* request,
    v1::CleanupPolicy* response) {
  return Forward(&CleanupPolicyAdmin::Get, context, request, response);
}

grpc::Status CleanupPolicyServiceImpl::UpdateCleanupPolicy(
    grpc::ServerContext* context, const v1::UpdateCleanupPolicyRequest* request,
    v1::CleanupPolicy* response) {
  return Forward(&CleanupPolicyAdmin::Update, context, request, response);
}

grpc::Status CleanupPolicyServiceImpl::DeleteCleanupPolicy(
    grpc::ServerContext* context, const v1::DeleteCleanupPolicyRequest* request,
    google::protobuf::Empty* response) {
  return Forward(&CleanupPolicyAdmin::Delete, context, request, response);
}

grpc::Status CleanupPolicyServiceImpl::RunCleanupPolicy(
    grpc::ServerContext* context, const v1::RunCleanupPolicyRequest* request,
    v1::CleanupPolicy* response) {
  return Forward(&CleanupPolicyAdmin::Run, context, request, response);
}

grpc::Status CacheServiceImpl::PurgeUpstreamCache(
    grpc::ServerContext* context, const v1::PurgeUpstreamCacheRequest* request,
    v1::PurgeResult* response) {
  return Forward(&CacheAdmin::PurgeUpstream, context, request, response);
}

grpc::Status CacheServiceImpl::PurgeRegistryCache(
    grpc::ServerContext* context, const v1::PurgeRegistryCacheRequest* request,
    v1::PurgeResult* response) {
  return Forward(&CacheAdmin::PurgeRegistry, context, request, response);
}

grpc::Status CacheServiceImpl::GetCacheStats(
    grpc::ServerContext* context, const v1::GetCacheStatsRequest* request,
    v1::CacheStats* response) {
  return Forward(&CacheAdmin::Stats, context, request, response);
}

grpc::Status SecretServiceImpl::RotateSecretKey(
    grpc::ServerContext* context, const v1::RotateSecretKeyRequest* request,
    v1::RotateSecretKeyResponse* response) {
  return Forward(&SecretRotation::Rotate, context, request, response);
}

grpc::Status ExplainServiceImpl::Explain(grpc::ServerContext* context,
                                         const v1::ExplainRequest* request,
                                         v1::ExplainResponse* response) {
  return Forward(&Explainer::Explain, context, request, response);
}

}  // namespace cvr
