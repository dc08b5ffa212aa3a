#include "services/metadata/admin_services.h"

#include "services/access/caller.h"

namespace cvr {

grpc::Status GroupServiceImpl::CreateGroup(
    grpc::ServerContext* context, const v1::CreateGroupRequest* request,
    v1::Group* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Create(*request); });
}

grpc::Status GroupServiceImpl::GetGroup(grpc::ServerContext* context,
                                        const v1::GetGroupRequest* request,
                                        v1::Group* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Get(*request); });
}

grpc::Status GroupServiceImpl::ListGroups(grpc::ServerContext* context,
                                          const v1::ListGroupsRequest* request,
                                          v1::ListGroupsResponse* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller& caller) {
    return admin_.List(*request, caller);
  });
}

grpc::Status GroupServiceImpl::UpdateGroup(
    grpc::ServerContext* context, const v1::UpdateGroupRequest* request,
    v1::Group* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Update(*request); });
}

grpc::Status GroupServiceImpl::DeleteGroup(
    grpc::ServerContext* context, const v1::DeleteGroupRequest* request,
    google::protobuf::Empty* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Delete(*request); });
}

grpc::Status RegistryServiceImpl::CreateRegistry(
    grpc::ServerContext* context, const v1::CreateRegistryRequest* request,
    v1::Registry* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Create(*request); });
}

grpc::Status RegistryServiceImpl::GetRegistry(
    grpc::ServerContext* context, const v1::GetRegistryRequest* request,
    v1::Registry* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Get(*request); });
}

grpc::Status RegistryServiceImpl::ListRegistries(
    grpc::ServerContext* context, const v1::ListRegistriesRequest* request,
    v1::ListRegistriesResponse* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller& caller) {
    return admin_.List(*request, caller);
  });
}

grpc::Status RegistryServiceImpl::UpdateRegistry(
    grpc::ServerContext* context, const v1::UpdateRegistryRequest* request,
    v1::Registry* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Update(*request); });
}

grpc::Status RegistryServiceImpl::DeleteRegistry(
    grpc::ServerContext* context, const v1::DeleteRegistryRequest* request,
    google::protobuf::Empty* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Delete(*request); });
}

grpc::Status UpstreamServiceImpl::CreateUpstream(
    grpc::ServerContext* context, const v1::CreateUpstreamRequest* request,
    v1::Upstream* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Create(*request); });
}

grpc::Status UpstreamServiceImpl::GetUpstream(
    grpc::ServerContext* context, const v1::GetUpstreamRequest* request,
    v1::Upstream* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Get(*request); });
}

grpc::Status UpstreamServiceImpl::ListUpstreams(
    grpc::ServerContext* context, const v1::ListUpstreamsRequest* request,
    v1::ListUpstreamsResponse* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller& caller) {
    return admin_.List(*request, caller);
  });
}

grpc::Status UpstreamServiceImpl::UpdateUpstream(
    grpc::ServerContext* context, const v1::UpdateUpstreamRequest* request,
    v1::Upstream* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Update(*request); });
}

grpc::Status UpstreamServiceImpl::DeleteUpstream(
    grpc::ServerContext* context, const v1::DeleteUpstreamRequest* request,
    google::protobuf::Empty* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Delete(*request); });
}

grpc::Status UpstreamServiceImpl::AttachUpstream(
    grpc::ServerContext* context, const v1::AttachUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller&) {
    return attachments_.Attach(*request);
  });
}

grpc::Status UpstreamServiceImpl::GetRegistryUpstream(
    grpc::ServerContext* context, const v1::GetRegistryUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller&) {
    return attachments_.Get(*request);
  });
}

grpc::Status UpstreamServiceImpl::MoveUpstream(
    grpc::ServerContext* context, const v1::MoveUpstreamRequest* request,
    v1::RegistryUpstream* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller&) {
    return attachments_.Move(*request);
  });
}

grpc::Status UpstreamServiceImpl::DetachUpstream(
    grpc::ServerContext* context, const v1::DetachUpstreamRequest* request,
    google::protobuf::Empty* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller&) {
    return attachments_.Detach(*request);
  });
}

grpc::Status CacheEntryServiceImpl::CreateCacheEntry(
    grpc::ServerContext* context, const v1::CreateCacheEntryRequest* request,
    v1::CacheEntry* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Create(*request); });
}

grpc::Status CacheEntryServiceImpl::GetCacheEntry(
    grpc::ServerContext* context, const v1::GetCacheEntryRequest* request,
    v1::CacheEntry* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Get(*request); });
}

grpc::Status CacheEntryServiceImpl::ListCacheEntries(
    grpc::ServerContext* context, const v1::ListCacheEntriesRequest* request,
    v1::ListCacheEntriesResponse* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller& caller) {
    return admin_.List(*request, caller);
  });
}

grpc::Status CacheEntryServiceImpl::UpdateCacheEntry(
    grpc::ServerContext* context, const v1::UpdateCacheEntryRequest* request,
    v1::CacheEntry* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Update(*request); });
}

grpc::Status CacheEntryServiceImpl::DeleteCacheEntry(
    grpc::ServerContext* context, const v1::DeleteCacheEntryRequest* request,
    google::protobuf::Empty* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Delete(*request); });
}

grpc::Status AccessTokenServiceImpl::CreateAccessToken(
    grpc::ServerContext* context, const v1::CreateAccessTokenRequest* request,
    v1::AccessToken* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Create(*request); });
}

grpc::Status AccessTokenServiceImpl::ListAccessTokens(
    grpc::ServerContext* context, const v1::ListAccessTokensRequest* request,
    v1::ListAccessTokensResponse* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.List(*request); });
}

grpc::Status AccessTokenServiceImpl::RevokeAccessToken(
    grpc::ServerContext* context, const v1::RevokeAccessTokenRequest* request,
    google::protobuf::Empty* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return admin_.Revoke(*request); });
}

grpc::Status AuditServiceImpl::ListAuditEvents(
    grpc::ServerContext* context, const v1::ListAuditEventsRequest* request,
    v1::ListAuditEventsResponse* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return trail_.List(*request); });
}

}  // namespace cvr
