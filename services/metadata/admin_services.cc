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

grpc::Status RegistryServiceImpl::ListRepositories(
    grpc::ServerContext* context, const v1::ListRepositoriesRequest* request,
    v1::ListRepositoriesResponse* response) {
  return ForwardTo(repositories_, &RepositoryList::List, context, request,
                   response);
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

grpc::Status AttachmentServiceImpl::CreateAttachment(
    grpc::ServerContext* context, const v1::CreateAttachmentRequest* request,
    v1::Attachment* response) {
  return Forward(&AttachmentAdmin::Create, context, request, response);
}

grpc::Status AttachmentServiceImpl::GetAttachment(
    grpc::ServerContext* context, const v1::GetAttachmentRequest* request,
    v1::Attachment* response) {
  return Forward(&AttachmentAdmin::Get, context, request, response);
}

grpc::Status AttachmentServiceImpl::ListAttachments(
    grpc::ServerContext* context, const v1::ListAttachmentsRequest* request,
    v1::ListAttachmentsResponse* response) {
  return Forward(&AttachmentAdmin::List, context, request, response);
}

grpc::Status AttachmentServiceImpl::SetAttachments(
    grpc::ServerContext* context, const v1::SetAttachmentsRequest* request,
    v1::SetAttachmentsResponse* response) {
  return Forward(&AttachmentAdmin::Set, context, request, response);
}

grpc::Status AttachmentServiceImpl::MoveAttachment(
    grpc::ServerContext* context, const v1::MoveAttachmentRequest* request,
    v1::Attachment* response) {
  return Forward(&AttachmentAdmin::Move, context, request, response);
}

grpc::Status AttachmentServiceImpl::DeleteAttachment(
    grpc::ServerContext* context, const v1::DeleteAttachmentRequest* request,
    google::protobuf::Empty* response) {
  return Forward(&AttachmentAdmin::Delete, context, request, response);
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

grpc::Status CacheEntryServiceImpl::ExpireCacheEntry(
    grpc::ServerContext* context, const v1::ExpireCacheEntryRequest* request,
    v1::ExpireCacheEntryResponse* response) {
  return Forward(&CacheEntryAdmin::Expire, context, request, response);
}

grpc::Status CacheEntryServiceImpl::DeleteCacheEntry(
    grpc::ServerContext* context, const v1::DeleteCacheEntryRequest* request,
    google::protobuf::Empty* response) {
  return Forward(&CacheEntryAdmin::Delete, context, request, response);
}

grpc::Status CacheEntryServiceImpl::BatchDeleteCacheEntries(
    grpc::ServerContext* context,
    const v1::BatchDeleteCacheEntriesRequest* request,
    v1::BatchDeleteCacheEntriesResponse* response) {
  return Forward(&CacheEntryAdmin::BatchDelete, context, request, response);
}

grpc::Status AccessTokenServiceImpl::CreateAccessToken(
    grpc::ServerContext* context, const v1::CreateAccessTokenRequest* request,
    v1::CreateAccessTokenResponse* response) {
  return Forward(&AccessTokenAdmin::Create, context, request, response);
}

grpc::Status AccessTokenServiceImpl::GetAccessToken(
    grpc::ServerContext* context, const v1::GetAccessTokenRequest* request,
    v1::AccessToken* response) {
  return Forward(&AccessTokenAdmin::Get, context, request, response);
}

grpc::Status AccessTokenServiceImpl::ListAccessTokens(
    grpc::ServerContext* context, const v1::ListAccessTokensRequest* request,
    v1::ListAccessTokensResponse* response) {
  return Forward(&AccessTokenAdmin::List, context, request, response);
}

grpc::Status AccessTokenServiceImpl::RevokeAccessToken(
    grpc::ServerContext* context, const v1::RevokeAccessTokenRequest* request,
    v1::RevokeAccessTokenResponse* response) {
  return Forward(&AccessTokenAdmin::Revoke, context, request, response);
}

grpc::Status AccessTokenServiceImpl::GetCaller(
    grpc::ServerContext* context, const v1::GetCallerRequest* request,
    v1::GetCallerResponse* response) {
  return Forward(&AccessTokenAdmin::GetCaller, context, request, response);
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

grpc::Status CleanupPolicyServiceImpl::RunCleanup(
    grpc::ServerContext* context, const v1::RunCleanupRequest* request,
    v1::Operation* response) {
  return Forward(&CleanupPolicyAdmin::Run, context, request, response);
}

grpc::Status CleanupPolicyServiceImpl::ListCleanupRuns(
    grpc::ServerContext* context, const v1::ListCleanupRunsRequest* request,
    v1::ListCleanupRunsResponse* response) {
  return Forward(&CleanupPolicyAdmin::ListRuns, context, request, response);
}

grpc::Status CacheServiceImpl::PurgeUpstreamCache(
    grpc::ServerContext* context, const v1::PurgeUpstreamCacheRequest* request,
    v1::Operation* response) {
  return Forward(&CacheAdmin::PurgeUpstream, context, request, response);
}

grpc::Status CacheServiceImpl::PurgeRegistryCache(
    grpc::ServerContext* context, const v1::PurgeRegistryCacheRequest* request,
    v1::Operation* response) {
  return Forward(&CacheAdmin::PurgeRegistry, context, request, response);
}

grpc::Status CacheServiceImpl::GetCacheStats(
    grpc::ServerContext* context, const v1::GetCacheStatsRequest* request,
    v1::GetCacheStatsResponse* response) {
  return Forward(&CacheAdmin::Stats, context, request, response);
}

grpc::Status SecretServiceImpl::RotateSecretKey(
    grpc::ServerContext* context, const v1::RotateSecretKeyRequest* request,
    v1::Operation* response) {
  return Forward(&SecretRotation::Rotate, context, request, response);
}

grpc::Status ExplainServiceImpl::Explain(grpc::ServerContext* context,
                                         const v1::ExplainRequest* request,
                                         v1::ExplainResponse* response) {
  return Forward(&Explainer::Explain, context, request, response);
}

grpc::Status FacadeServiceImpl::GetFacadeSettings(
    grpc::ServerContext* context,
    const internal::v1::GetFacadeSettingsRequest* request,
    internal::v1::GetFacadeSettingsResponse* response) {
  return Forward(&CleanupPolicyAdmin::GetFacadeSettings, context, request,
                 response);
}

grpc::Status FacadeServiceImpl::UpdateFacadeSettings(
    grpc::ServerContext* context,
    const internal::v1::UpdateFacadeSettingsRequest* request,
    internal::v1::UpdateFacadeSettingsResponse* response) {
  return Forward(&CleanupPolicyAdmin::UpdateFacadeSettings, context, request,
                 response);
}

}  // namespace cvr
