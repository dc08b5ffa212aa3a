#include "services/metadata/admin_services.h"

#include "services/common/rpc_status.h"
#include "services/metadata/rpc_answer.h"

namespace cvr {

grpc::Status GroupServiceImpl::CreateGroup(
    grpc::ServerContext* /*context*/, const v1::CreateGroupRequest* request,
    v1::Group* response) {
  return Answer(admin_.Create(*request), response);
}

grpc::Status GroupServiceImpl::GetGroup(grpc::ServerContext* /*context*/,
                                        const v1::GetGroupRequest* request,
                                        v1::Group* response) {
  return Answer(admin_.Get(*request), response);
}

grpc::Status GroupServiceImpl::ListGroups(grpc::ServerContext* /*context*/,
                                          const v1::ListGroupsRequest* request,
                                          v1::ListGroupsResponse* response) {
  return Answer(admin_.List(*request), response);
}

grpc::Status GroupServiceImpl::DeleteGroup(
    grpc::ServerContext* /*context*/, const v1::DeleteGroupRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(admin_.Delete(*request));
}

grpc::Status RegistryServiceImpl::CreateRegistry(
    grpc::ServerContext* /*context*/, const v1::CreateRegistryRequest* request,
    v1::Registry* response) {
  return Answer(admin_.Create(*request), response);
}

grpc::Status RegistryServiceImpl::GetRegistry(
    grpc::ServerContext* /*context*/, const v1::GetRegistryRequest* request,
    v1::Registry* response) {
  return Answer(admin_.Get(*request), response);
}

grpc::Status RegistryServiceImpl::ListRegistries(
    grpc::ServerContext* /*context*/, const v1::ListRegistriesRequest* request,
    v1::ListRegistriesResponse* response) {
  return Answer(admin_.List(*request), response);
}

grpc::Status RegistryServiceImpl::UpdateRegistry(
    grpc::ServerContext* /*context*/, const v1::UpdateRegistryRequest* request,
    v1::Registry* response) {
  return Answer(admin_.Update(*request), response);
}

grpc::Status RegistryServiceImpl::DeleteRegistry(
    grpc::ServerContext* /*context*/, const v1::DeleteRegistryRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(admin_.Delete(*request));
}

grpc::Status UpstreamServiceImpl::CreateUpstream(
    grpc::ServerContext* /*context*/, const v1::CreateUpstreamRequest* request,
    v1::Upstream* response) {
  return Answer(admin_.Create(*request), response);
}

grpc::Status UpstreamServiceImpl::GetUpstream(
    grpc::ServerContext* /*context*/, const v1::GetUpstreamRequest* request,
    v1::Upstream* response) {
  return Answer(admin_.Get(*request), response);
}

grpc::Status UpstreamServiceImpl::ListUpstreams(
    grpc::ServerContext* /*context*/, const v1::ListUpstreamsRequest* request,
    v1::ListUpstreamsResponse* response) {
  return Answer(admin_.List(*request), response);
}

grpc::Status UpstreamServiceImpl::UpdateUpstream(
    grpc::ServerContext* /*context*/, const v1::UpdateUpstreamRequest* request,
    v1::Upstream* response) {
  return Answer(admin_.Update(*request), response);
}

grpc::Status UpstreamServiceImpl::DeleteUpstream(
    grpc::ServerContext* /*context*/, const v1::DeleteUpstreamRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(admin_.Delete(*request));
}

grpc::Status UpstreamServiceImpl::AttachUpstream(
    grpc::ServerContext* /*context*/, const v1::AttachUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return Answer(attachments_.Attach(*request), response);
}

grpc::Status UpstreamServiceImpl::GetRegistryUpstream(
    grpc::ServerContext* /*context*/,
    const v1::GetRegistryUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return Answer(attachments_.Get(*request), response);
}

grpc::Status UpstreamServiceImpl::MoveUpstream(
    grpc::ServerContext* /*context*/, const v1::MoveUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return Answer(attachments_.Move(*request), response);
}

grpc::Status UpstreamServiceImpl::DetachUpstream(
    grpc::ServerContext* /*context*/, const v1::DetachUpstreamRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(attachments_.Detach(*request));
}

grpc::Status CacheEntryServiceImpl::CreateCacheEntry(
    grpc::ServerContext* /*context*/,
    const v1::CreateCacheEntryRequest* request, v1::CacheEntry* response) {
  return Answer(admin_.Create(*request), response);
}

grpc::Status CacheEntryServiceImpl::GetCacheEntry(
    grpc::ServerContext* /*context*/, const v1::GetCacheEntryRequest* request,
    v1::CacheEntry* response) {
  return Answer(admin_.Get(*request), response);
}

grpc::Status CacheEntryServiceImpl::ListCacheEntries(
    grpc::ServerContext* /*context*/,
    const v1::ListCacheEntriesRequest* request,
    v1::ListCacheEntriesResponse* response) {
  return Answer(admin_.List(*request), response);
}

grpc::Status CacheEntryServiceImpl::UpdateCacheEntry(
    grpc::ServerContext* /*context*/,
    const v1::UpdateCacheEntryRequest* request, v1::CacheEntry* response) {
  return Answer(admin_.Update(*request), response);
}

grpc::Status CacheEntryServiceImpl::DeleteCacheEntry(
    grpc::ServerContext* /*context*/,
    const v1::DeleteCacheEntryRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(admin_.Delete(*request));
}

}  // namespace cvr
