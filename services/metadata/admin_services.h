#ifndef SERVICES_METADATA_ADMIN_SERVICES_H_
#define SERVICES_METADATA_ADMIN_SERVICES_H_

#include "cvr/internal/v1/facade_service.grpc.pb.h"
#include "cvr/v1/access_token_service.grpc.pb.h"
#include "cvr/v1/attachment_service.grpc.pb.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/cache_service.grpc.pb.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "cvr/v1/explain_service.grpc.pb.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/secret_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/admin/attachment_admin.h"
#include "services/metadata/admin/cache_admin.h"
#include "services/metadata/admin/cache_entry_admin.h"
#include "services/metadata/admin/cleanup_policy_admin.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/admin/registry_admin.h"
#include "services/metadata/admin/repository_list.h"
#include "services/metadata/admin/upstream_admin.h"
#include "services/metadata/guarded_service.h"
#include "services/metadata/resolution/explainer.h"
#include "services/metadata/secrets/secret_rotation.h"
#include "services/rpc/call_guard.h"

// Administration on the wire: each call goes through the guard to the domain
// class, and its status is translated; nothing is decided here. The guard and
// the domain objects must outlive the services.
namespace cvr {

class GroupServiceImpl final
    : public GuardedService<v1::GroupService::Service, GroupAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status CreateGroup(grpc::ServerContext* context,
                           const v1::CreateGroupRequest* request,
                           v1::Group* response) override;
  grpc::Status GetGroup(grpc::ServerContext* context,
                        const v1::GetGroupRequest* request,
                        v1::Group* response) override;
  grpc::Status ListGroups(grpc::ServerContext* context,
                          const v1::ListGroupsRequest* request,
                          v1::ListGroupsResponse* response) override;
  grpc::Status UpdateGroup(grpc::ServerContext* context,
                           const v1::UpdateGroupRequest* request,
                           v1::Group* response) override;
  grpc::Status DeleteGroup(grpc::ServerContext* context,
                           const v1::DeleteGroupRequest* request,
                           google::protobuf::Empty* response) override;
};

class RegistryServiceImpl final
    : public GuardedService<v1::RegistryService::Service, RegistryAdmin> {
 public:
  // `repositories` must outlive it, too.
  RegistryServiceImpl(RegistryAdmin& admin, RepositoryList& repositories,
                      CallGuard& guard)
      : GuardedService(admin, guard), repositories_(repositories) {}

  grpc::Status CreateRegistry(grpc::ServerContext* context,
                              const v1::CreateRegistryRequest* request,
                              v1::Registry* response) override;
  grpc::Status GetRegistry(grpc::ServerContext* context,
                           const v1::GetRegistryRequest* request,
                           v1::Registry* response) override;
  grpc::Status ListRegistries(grpc::ServerContext* context,
                              const v1::ListRegistriesRequest* request,
                              v1::ListRegistriesResponse* response) override;
  grpc::Status UpdateRegistry(grpc::ServerContext* context,
                              const v1::UpdateRegistryRequest* request,
                              v1::Registry* response) override;
  grpc::Status DeleteRegistry(grpc::ServerContext* context,
                              const v1::DeleteRegistryRequest* request,
                              google::protobuf::Empty* response) override;
  grpc::Status ListRepositories(
      grpc::ServerContext* context, const v1::ListRepositoriesRequest* request,
      v1::ListRepositoriesResponse* response) override;

 private:
  RepositoryList& repositories_;
};

class UpstreamServiceImpl final
    : public GuardedService<v1::UpstreamService::Service, UpstreamAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status CreateUpstream(grpc::ServerContext* context,
                              const v1::CreateUpstreamRequest* request,
                              v1::Upstream* response) override;
  grpc::Status GetUpstream(grpc::ServerContext* context,
                           const v1::GetUpstreamRequest* request,
                           v1::Upstream* response) override;
  grpc::Status ListUpstreams(grpc::ServerContext* context,
                             const v1::ListUpstreamsRequest* request,
                             v1::ListUpstreamsResponse* response) override;
  grpc::Status UpdateUpstream(grpc::ServerContext* context,
                              const v1::UpdateUpstreamRequest* request,
                              v1::Upstream* response) override;
  grpc::Status DeleteUpstream(grpc::ServerContext* context,
                              const v1::DeleteUpstreamRequest* request,
                              google::protobuf::Empty* response) override;
};

class AttachmentServiceImpl final
    : public GuardedService<v1::AttachmentService::Service, AttachmentAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status CreateAttachment(grpc::ServerContext* context,
                                const v1::CreateAttachmentRequest* request,
                                v1::Attachment* response) override;
  grpc::Status GetAttachment(grpc::ServerContext* context,
                             const v1::GetAttachmentRequest* request,
                             v1::Attachment* response) override;
  grpc::Status ListAttachments(grpc::ServerContext* context,
                               const v1::ListAttachmentsRequest* request,
                               v1::ListAttachmentsResponse* response) override;
  grpc::Status SetAttachments(grpc::ServerContext* context,
                              const v1::SetAttachmentsRequest* request,
                              v1::SetAttachmentsResponse* response) override;
  grpc::Status MoveAttachment(grpc::ServerContext* context,
                              const v1::MoveAttachmentRequest* request,
                              v1::Attachment* response) override;
  grpc::Status DeleteAttachment(grpc::ServerContext* context,
                                const v1::DeleteAttachmentRequest* request,
                                google::protobuf::Empty* response) override;
};

class CacheEntryServiceImpl final
    : public GuardedService<v1::CacheEntryService::Service, CacheEntryAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status GetCacheEntry(grpc::ServerContext* context,
                             const v1::GetCacheEntryRequest* request,
                             v1::CacheEntry* response) override;
  grpc::Status ListCacheEntries(
      grpc::ServerContext* context, const v1::ListCacheEntriesRequest* request,
      v1::ListCacheEntriesResponse* response) override;
  grpc::Status ExpireCacheEntry(
      grpc::ServerContext* context, const v1::ExpireCacheEntryRequest* request,
      v1::ExpireCacheEntryResponse* response) override;
  grpc::Status DeleteCacheEntry(grpc::ServerContext* context,
                                const v1::DeleteCacheEntryRequest* request,
                                google::protobuf::Empty* response) override;
  grpc::Status BatchDeleteCacheEntries(
      grpc::ServerContext* context,
      const v1::BatchDeleteCacheEntriesRequest* request,
      v1::BatchDeleteCacheEntriesResponse* response) override;
};

class AccessTokenServiceImpl final
    : public GuardedService<v1::AccessTokenService::Service, AccessTokenAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status CreateAccessToken(
      grpc::ServerContext* context, const v1::CreateAccessTokenRequest* request,
      v1::CreateAccessTokenResponse* response) override;
  grpc::Status GetAccessToken(grpc::ServerContext* context,
                              const v1::GetAccessTokenRequest* request,
                              v1::AccessToken* response) override;
  grpc::Status ListAccessTokens(
      grpc::ServerContext* context, const v1::ListAccessTokensRequest* request,
      v1::ListAccessTokensResponse* response) override;
  grpc::Status RevokeAccessToken(
      grpc::ServerContext* context, const v1::RevokeAccessTokenRequest* request,
      v1::RevokeAccessTokenResponse* response) override;
  grpc::Status GetCaller(grpc::ServerContext* context,
                         const v1::GetCallerRequest* request,
                         v1::GetCallerResponse* response) override;
};

class CleanupPolicyServiceImpl final
    : public GuardedService<v1::CleanupPolicyService::Service,
                            CleanupPolicyAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status GetCleanupPolicy(grpc::ServerContext* context,
                                const v1::GetCleanupPolicyRequest* request,
                                v1::CleanupPolicy* response) override;
  grpc::Status UpdateCleanupPolicy(
      grpc::ServerContext* context,
      const v1::UpdateCleanupPolicyRequest* request,
      v1::CleanupPolicy* response) override;
  grpc::Status RunCleanup(grpc::ServerContext* context,
                          const v1::RunCleanupRequest* request,
                          v1::Operation* response) override;
  grpc::Status ListCleanupRuns(grpc::ServerContext* context,
                               const v1::ListCleanupRunsRequest* request,
                               v1::ListCleanupRunsResponse* response) override;
};

class CacheServiceImpl final
    : public GuardedService<v1::CacheService::Service, CacheAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status PurgeUpstreamCache(grpc::ServerContext* context,
                                  const v1::PurgeUpstreamCacheRequest* request,
                                  v1::Operation* response) override;
  grpc::Status PurgeRegistryCache(grpc::ServerContext* context,
                                  const v1::PurgeRegistryCacheRequest* request,
                                  v1::Operation* response) override;
  grpc::Status GetCacheStats(grpc::ServerContext* context,
                             const v1::GetCacheStatsRequest* request,
                             v1::GetCacheStatsResponse* response) override;
};

class SecretServiceImpl final
    : public GuardedService<v1::SecretService::Service, SecretRotation> {
 public:
  using GuardedService::GuardedService;

  grpc::Status RotateSecretKey(grpc::ServerContext* context,
                               const v1::RotateSecretKeyRequest* request,
                               v1::Operation* response) override;
};

class ExplainServiceImpl final
    : public GuardedService<v1::ExplainService::Service, Explainer> {
 public:
  using GuardedService::GuardedService;

  grpc::Status Explain(grpc::ServerContext* context,
                       const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override;
};

// What /api/v4 has settings for and cvr.v1 has not. The gateway asks with the
// access token of its caller.
class FacadeServiceImpl final
    : public GuardedService<internal::v1::FacadeService::Service,
                            CleanupPolicyAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status GetFacadeSettings(
      grpc::ServerContext* context,
      const internal::v1::GetFacadeSettingsRequest* request,
      internal::v1::GetFacadeSettingsResponse* response) override;
  grpc::Status UpdateFacadeSettings(
      grpc::ServerContext* context,
      const internal::v1::UpdateFacadeSettingsRequest* request,
      internal::v1::UpdateFacadeSettingsResponse* response) override;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_SERVICES_H_
