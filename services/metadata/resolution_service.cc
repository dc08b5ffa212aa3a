#include "services/metadata/resolution_service.h"

#include <string>
#include <utility>
#include <vector>

#include "services/access/caller_wire.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/record_wire.h"
#include "services/metadata/api/resolution_wire.h"
#include "services/metadata/api/rpc_answer.h"
#include "services/metadata/resources/upstream_wire.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

absl::StatusOr<v1::ResolveResponse> Resolve(Resolver& resolver,
                                            const v1::ResolveRequest& message) {
  ASSIGN_OR_RETURN(const auto request, FromWire(message));
  ASSIGN_OR_RETURN(const auto resolution, resolver.Resolve(request));
  return ToWire(resolution);
}

absl::Status Record(MetadataClient& client,
                    const v1::RecordCacheEntryRequest& message) {
  ASSIGN_OR_RETURN(const auto record, FromWire(message));
  return client.Record(record);
}

absl::Status Touch(MetadataClient& client,
                   const v1::TouchCacheEntryRequest& message) {
  ASSIGN_OR_RETURN(const auto content, FromWire(message.content()));
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(message.digest()));
  return client.Touch({message.upstream_id(), message.cache_epoch()}, content,
                      digest, message.counts_as_download());
}

absl::Status RecordDenial(MetadataClient& client,
                          const v1::RecordDenialRequest& message) {
  ASSIGN_OR_RETURN(const auto record, FromWire(message));
  return client.RecordDenial(record.upstream, record.content, record.denial);
}

absl::StatusOr<v1::TakeRefreshDueResponse> TakeRefreshDue(
    MetadataClient& client, int max) {
  ASSIGN_OR_RETURN(const auto due, client.TakeRefreshDue(max));
  return ToWire(due);
}

absl::StatusOr<v1::ListRepositoriesResponse> ListRepositories(
    Resolver& resolver, const v1::ListRepositoriesRequest& message) {
  if (message.max() < 1 || message.max() > limits::kPageSizeMax) {
    return errors::FieldInvalid("max", "must be 1 to 1000");
  }
  const auto& after = message.start_after();
  ASSIGN_OR_RETURN(
      const auto repositories,
      resolver.ListRepositories(
          FromWire(message.caller()), message.registry_id(),
          {after.registry_id(), after.repository()}, message.max()));
  return ToWire(repositories);
}

absl::StatusOr<v1::LocateRegistryResponse> LocateRegistry(
    Resolver& resolver, const v1::LocateRegistryRequest& message) {
  ASSIGN_OR_RETURN(const LocatedRegistry found,
                   resolver.Locate(message.path()));
  v1::LocateRegistryResponse response;
  response.set_registry_id(found.id);
  response.set_path_parts(found.path_parts);
  return response;
}

absl::StatusOr<std::vector<Digest>> ParseDigests(
    const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<Digest> digests;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(auto digest, Digest::Parse(text));
    digests.push_back(std::move(digest));
  }
  return digests;
}

absl::Status ForgetContent(MetadataClient& client,
                           const v1::ForgetContentRequest& message) {
  ASSIGN_OR_RETURN(const auto digests, ParseDigests(message.digests()));
  return client.ForgetContent(digests);
}

absl::StatusOr<v1::FilterUnreferencedResponse> FilterUnreferenced(
    MetadataClient& client, const v1::FilterUnreferencedRequest& message) {
  ASSIGN_OR_RETURN(const auto digests, ParseDigests(message.digests()));
  ASSIGN_OR_RETURN(const auto found, client.FilterUnreferenced(digests));
  v1::FilterUnreferencedResponse response;
  for (const Digest& digest : found) response.add_digests(digest.ToString());
  return response;
}

absl::StatusOr<v1::CheckUpstreamsResponse> CheckUpstreams(
    MetadataClient& client, const v1::CheckUpstreamsRequest& message) {
  std::vector<UpstreamEpoch> upstreams;
  for (const auto& upstream : message.upstreams()) {
    upstreams.push_back(FromWire(upstream));
  }
  ASSIGN_OR_RETURN(const auto outdated, client.CheckUpstreams(upstreams));
  v1::CheckUpstreamsResponse response;
  for (const auto& upstream : outdated) {
    *response.add_outdated() = ToWire(upstream);
  }
  return response;
}

absl::StatusOr<v1::ListGarbageResponse> ListGarbage(
    MetadataClient& client, const v1::ListGarbageRequest& message) {
  ASSIGN_OR_RETURN(const auto garbage,
                   client.ListGarbage(message.start_after(), message.max()));
  v1::ListGarbageResponse response;
  for (const Garbage& one : garbage) {
    auto& row = *response.add_garbage();
    row.set_id(one.id);
    row.set_digest(one.digest.ToString());
  }
  return response;
}

absl::StatusOr<v1::UpstreamAccess> AccessTo(MetadataClient& client,
                                            int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto access, client.GetUpstreamAccess(upstream_id));
  v1::UpstreamAccess message;
  *message.mutable_upstream() = FromAccess(access);
  message.set_identity(access.identity);
  message.set_cache_epoch(access.cache_epoch);
  return message;
}

absl::StatusOr<v1::FindPossessingResponse> FindPossessing(
    MetadataClient& client, const v1::FindPossessingRequest& message) {
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(message.digest()));
  const std::vector<int64_t> asked(message.identities().begin(),
                                   message.identities().end());
  ASSIGN_OR_RETURN(const auto found, client.FindPossessing(digest, asked));
  v1::FindPossessingResponse response;
  for (const int64_t identity : found) response.add_identities(identity);
  return response;
}

}  // namespace

grpc::Status ResolutionServiceImpl::Resolve(grpc::ServerContext* /*context*/,
                                            const v1::ResolveRequest* request,
                                            v1::ResolveResponse* response) {
  return Answer(cvr::Resolve(resolver_, *request), response);
}

grpc::Status ResolutionServiceImpl::RecordCacheEntry(
    grpc::ServerContext* /*context*/,
    const v1::RecordCacheEntryRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(Record(client_, *request));
}

grpc::Status ResolutionServiceImpl::TouchCacheEntry(
    grpc::ServerContext* /*context*/, const v1::TouchCacheEntryRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(Touch(client_, *request));
}

grpc::Status ResolutionServiceImpl::RecordDenial(
    grpc::ServerContext* /*context*/, const v1::RecordDenialRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(cvr::RecordDenial(client_, *request));
}

grpc::Status ResolutionServiceImpl::TakeRefreshDue(
    grpc::ServerContext* /*context*/, const v1::TakeRefreshDueRequest* request,
    v1::TakeRefreshDueResponse* response) {
  return Answer(cvr::TakeRefreshDue(client_, request->max()), response);
}

grpc::Status ResolutionServiceImpl::ListRepositories(
    grpc::ServerContext* /*context*/,
    const v1::ListRepositoriesRequest* request,
    v1::ListRepositoriesResponse* response) {
  return Answer(cvr::ListRepositories(resolver_, *request), response);
}

grpc::Status ResolutionServiceImpl::LocateRegistry(
    grpc::ServerContext* /*context*/, const v1::LocateRegistryRequest* request,
    v1::LocateRegistryResponse* response) {
  return Answer(cvr::LocateRegistry(resolver_, *request), response);
}

grpc::Status ResolutionServiceImpl::ForgetContent(
    grpc::ServerContext* /*context*/, const v1::ForgetContentRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(cvr::ForgetContent(client_, *request));
}

grpc::Status ResolutionServiceImpl::CheckUpstreams(
    grpc::ServerContext* /*context*/, const v1::CheckUpstreamsRequest* request,
    v1::CheckUpstreamsResponse* response) {
  return Answer(cvr::CheckUpstreams(client_, *request), response);
}

grpc::Status ResolutionServiceImpl::FilterUnreferenced(
    grpc::ServerContext* /*context*/,
    const v1::FilterUnreferencedRequest* request,
    v1::FilterUnreferencedResponse* response) {
  return Answer(cvr::FilterUnreferenced(client_, *request), response);
}

grpc::Status ResolutionServiceImpl::ListGarbage(
    grpc::ServerContext* /*context*/, const v1::ListGarbageRequest* request,
    v1::ListGarbageResponse* response) {
  return Answer(cvr::ListGarbage(client_, *request), response);
}

grpc::Status ResolutionServiceImpl::RemoveGarbage(
    grpc::ServerContext* /*context*/, const v1::RemoveGarbageRequest* request,
    google::protobuf::Empty* /*response*/) {
  return ToRpcStatus(client_.RemoveGarbage(
      std::vector<int64_t>(request->ids().begin(), request->ids().end())));
}

grpc::Status ResolutionServiceImpl::FindPossessing(
    grpc::ServerContext* /*context*/, const v1::FindPossessingRequest* request,
    v1::FindPossessingResponse* response) {
  return Answer(cvr::FindPossessing(client_, *request), response);
}

grpc::Status ResolutionServiceImpl::GetUpstreamAccess(
    grpc::ServerContext* /*context*/,
    const v1::GetUpstreamAccessRequest* request, v1::UpstreamAccess* response) {
  return Answer(AccessTo(client_, request->upstream_id()), response);
}

}  // namespace cvr
