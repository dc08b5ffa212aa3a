#ifndef SERVICES_METADATA_ADMIN_SERVICES_H_
#define SERVICES_METADATA_ADMIN_SERVICES_H_

#include "protos/cvr/v1/cache_entry_service.grpc.pb.h"
#include "protos/cvr/v1/group_service.grpc.pb.h"
#include "protos/cvr/v1/registry_service.grpc.pb.h"
#include "protos/cvr/v1/upstream_service.grpc.pb.h"
#include "services/metadata/attachment_admin.h"
#include "services/metadata/cache_entry_admin.h"
#include "services/metadata/group_admin.h"
#include "services/metadata/registry_admin.h"
#include "services/metadata/upstream_admin.h"

// Administration on the wire: each call is passed to the domain class and its
// status translated; nothing is decided here. The domain objects must outlive
// the services.
namespace cvr {

class GroupServiceImpl final : public v1::GroupService::Service {
 public:
  explicit GroupServiceImpl(GroupAdmin& admin) : admin_(admin) {}

  grpc::Status CreateGroup(grpc::ServerContext* context,
                           const v1::CreateGroupRequest* request,
                           v1::Group* response) override;
  grpc::Status GetGroup(grpc::ServerContext* context,
                        const v1::GetGroupRequest* request,
                        v1::Group* response) override;
  grpc::Status ListGroups(grpc::ServerContext* context,
                          const v1::ListGroupsRequest* request,
                          v1::ListGroupsResponse* response) override;
  grpc::Status DeleteGroup(grpc::ServerContext* context,
                           const v1::DeleteGroupRequest* request,
                           google::protobuf::Empty* response) override;

 private:
  GroupAdmin& admin_;
};

class RegistryServiceImpl final : public v1::RegistryService::Service {
 public:
  explicit RegistryServiceImpl(RegistryAdmin& admin) : admin_(admin) {}

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
};

class UpstreamServiceImpl final : public v1::UpstreamService::Service {
 public:
  UpstreamServiceImpl(UpstreamAdmin& admin, AttachmentAdmin& attachments)
      : admin_(admin), attachments_(attachments) {}

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
};

class CacheEntryServiceImpl final : public v1::CacheEntryService::Service {
 public:
  explicit CacheEntryServiceImpl(CacheEntryAdmin& admin) : admin_(admin) {}

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
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_SERVICES_H_
