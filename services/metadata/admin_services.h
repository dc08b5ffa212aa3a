#ifndef SERVICES_METADATA_ADMIN_SERVICES_H_
#define SERVICES_METADATA_ADMIN_SERVICES_H_

#include "cvr/v1/access_token_service.grpc.pb.h"
#include "cvr/v1/audit_service.grpc.pb.h"
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
#include "services/metadata/admin/audit_trail.h"
#include "services/metadata/admin/cache_admin.h"
#include "services/metadata/admin/cache_entry_admin.h"
#include "services/metadata/admin/cleanup_policy_admin.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/admin/registry_admin.h"
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
  using GuardedService::GuardedService;

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
};

class UpstreamServiceImpl final
    : public GuardedService<v1::UpstreamService::Service, UpstreamAdmin> {
 public:
  // `attachments` must outlive it, too.
  UpstreamServiceImpl(UpstreamAdmin& admin, AttachmentAdmin& attachments,
                      CallGuard& guard)
      : GuardedService(admin, guard), attachments_(attachments) {}

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
  grpc::Status AttachUpstream(grpc::ServerContext* context,
                              const v1::AttachUpstreamRequest* request,
                              v1::RegistryUpstream* response) override;
  grpc::Status GetRegistryUpstream(
      grpc::ServerContext* context,
      const v1::GetRegistryUpstreamRequest* request,
      v1::RegistryUpstream* response) override;
  grpc::Status MoveUpstream(grpc::ServerContext* context,
                            const v1::MoveUpstreamRequest* request,
                            v1::RegistryUpstream* response) override;
  grpc::Status DetachUpstream(grpc::ServerContext* context,
                              const v1::DetachUpstreamRequest* request,
                              google::protobuf::Empty* response) override;

 private:
  AttachmentAdmin& attachments_;
};

class CacheEntryServiceImpl final
    : public GuardedService<v1::CacheEntryService::Service, CacheEntryAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status CreateCacheEntry(grpc::ServerContext* context,
                                const v1::CreateCacheEntryRequest* request,
                                v1::CacheEntry* response) override;
  grpc::Status GetCacheEntry(grpc::ServerContext* context,
                             const v1::GetCacheEntryRequest* request,
                             v1::CacheEntry* response) override;
  grpc::Status ListCacheEntries(
      grpc::ServerContext* context, const v1::ListCacheEntriesRequest* request,
      v1::ListCacheEntriesResponse* response) override;
  grpc::Status UpdateCacheEntry(grpc::ServerContext* context,
                                const v1::UpdateCacheEntryRequest* request,
                                v1::CacheEntry* response) override;
  grpc::Status DeleteCacheEntry(grpc::ServerContext* context,
                                const v1::DeleteCacheEntryRequest* request,
                                google::protobuf::Empty* response) override;
};

class AccessTokenServiceImpl final
    : public GuardedService<v1::AccessTokenService::Service, AccessTokenAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status CreateAccessToken(
      grpc::ServerContext* context, const v1::CreateAccessTokenRequest* request,
      v1::CreateAccessTokenResponse* response) override;
  grpc::Status ListAccessTokens(
      grpc::ServerContext* context, const v1::ListAccessTokensRequest* request,
      v1::ListAccessTokensResponse* response) override;
  grpc::Status RevokeAccessToken(grpc::ServerContext* context,
                                 const v1::RevokeAccessTokenRequest* request,
                                 google::protobuf::Empty* response) override;
};

class AuditServiceImpl final
    : public GuardedService<v1::AuditService::Service, AuditTrail> {
 public:
  using GuardedService::GuardedService;

  grpc::Status ListAuditEvents(grpc::ServerContext* context,
                               const v1::ListAuditEventsRequest* request,
                               v1::ListAuditEventsResponse* response) override;
};

class CleanupPolicyServiceImpl final
    : public GuardedService<v1::CleanupPolicyService::Service,
                            CleanupPolicyAdmin> {
 public:
  using GuardedService::GuardedService;

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
};

class CacheServiceImpl final
    : public GuardedService<v1::CacheService::Service, CacheAdmin> {
 public:
  using GuardedService::GuardedService;

  grpc::Status PurgeUpstreamCache(grpc::ServerContext* context,
                                  const v1::PurgeUpstreamCacheRequest* request,
                                  v1::PurgeResult* response) override;
  grpc::Status PurgeRegistryCache(grpc::ServerContext* context,
                                  const v1::PurgeRegistryCacheRequest* request,
                                  v1::PurgeResult* response) override;
  grpc::Status GetCacheStats(grpc::ServerContext* context,
                             const v1::GetCacheStatsRequest* request,
                             v1::CacheStats* response) override;
};

class SecretServiceImpl final
    : public GuardedService<v1::SecretService::Service, SecretRotation> {
 public:
  using GuardedService::GuardedService;

  grpc::Status RotateSecretKey(grpc::ServerContext* context,
                               const v1::RotateSecretKeyRequest* request,
                               v1::RotateSecretKeyResponse* response) override;
};

class ExplainServiceImpl final
    : public GuardedService<v1::ExplainService::Service, Explainer> {
 public:
  using GuardedService::GuardedService;

  grpc::Status Explain(grpc::ServerContext* context,
                       const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_SERVICES_H_
