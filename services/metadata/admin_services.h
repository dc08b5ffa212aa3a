#ifndef SERVICES_METADATA_ADMIN_SERVICES_H_
#define SERVICES_METADATA_ADMIN_SERVICES_H_

#include "protos/cvr/v1/access_token_service.grpc.pb.h"
#include "protos/cvr/v1/audit_service.grpc.pb.h"
#include "protos/cvr/v1/cache_entry_service.grpc.pb.h"
#include "protos/cvr/v1/group_service.grpc.pb.h"
#include "protos/cvr/v1/registry_service.grpc.pb.h"
#include "protos/cvr/v1/upstream_service.grpc.pb.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/admin/attachment_admin.h"
#include "services/metadata/admin/audit_trail.h"
#include "services/metadata/admin/cache_entry_admin.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/admin/registry_admin.h"
#include "services/metadata/admin/upstream_admin.h"
#include "services/rpc/call_guard.h"

// Administration on the wire: each call goes through the guard to the domain
// class, and its status is translated; nothing is decided here. The guard and
// the domain objects must outlive the services.
namespace cvr {

class GroupServiceImpl final : public v1::GroupService::Service {
 public:
  GroupServiceImpl(GroupAdmin& admin, CallGuard& guard)
      : admin_(admin), guard_(guard) {}

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

 private:
  GroupAdmin& admin_;
  CallGuard& guard_;
};

class RegistryServiceImpl final : public v1::RegistryService::Service {
 public:
  RegistryServiceImpl(RegistryAdmin& admin, CallGuard& guard)
      : admin_(admin), guard_(guard) {}

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

 private:
  RegistryAdmin& admin_;
  CallGuard& guard_;
};

class UpstreamServiceImpl final : public v1::UpstreamService::Service {
 public:
  UpstreamServiceImpl(UpstreamAdmin& admin, AttachmentAdmin& attachments,
                      CallGuard& guard)
      : admin_(admin), attachments_(attachments), guard_(guard) {}

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
  UpstreamAdmin& admin_;
  AttachmentAdmin& attachments_;
  CallGuard& guard_;
};

class CacheEntryServiceImpl final : public v1::CacheEntryService::Service {
 public:
  CacheEntryServiceImpl(CacheEntryAdmin& admin, CallGuard& guard)
      : admin_(admin), guard_(guard) {}

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

 private:
  CacheEntryAdmin& admin_;
  CallGuard& guard_;
};

class AccessTokenServiceImpl final : public v1::AccessTokenService::Service {
 public:
  AccessTokenServiceImpl(AccessTokenAdmin& admin, CallGuard& guard)
      : admin_(admin), guard_(guard) {}

  grpc::Status CreateAccessToken(grpc::ServerContext* context,
                                 const v1::CreateAccessTokenRequest* request,
                                 v1::AccessToken* response) override;
  grpc::Status ListAccessTokens(
      grpc::ServerContext* context, const v1::ListAccessTokensRequest* request,
      v1::ListAccessTokensResponse* response) override;
  grpc::Status RevokeAccessToken(grpc::ServerContext* context,
                                 const v1::RevokeAccessTokenRequest* request,
                                 google::protobuf::Empty* response) override;

 private:
  AccessTokenAdmin& admin_;
  CallGuard& guard_;
};

class AuditServiceImpl final : public v1::AuditService::Service {
 public:
  AuditServiceImpl(AuditTrail& trail, CallGuard& guard)
      : trail_(trail), guard_(guard) {}

  grpc::Status ListAuditEvents(grpc::ServerContext* context,
                               const v1::ListAuditEventsRequest* request,
                               v1::ListAuditEventsResponse* response) override;

 private:
  AuditTrail& trail_;
  CallGuard& guard_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_SERVICES_H_
