#include "services/metadata/resolution_service.h"

#include "services/access/caller_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/resolution_wire.h"
#include "services/metadata/api/rpc_answer.h"

namespace cvr {
namespace {

absl::StatusOr<internal::v1::ResolveResponse> Resolve(
    Resolver& resolver, const internal::v1::ResolveRequest& message) {
  ASSIGN_OR_RETURN(const auto request, FromWire(message));
  ASSIGN_OR_RETURN(const auto resolution, resolver.Resolve(request));
  return ToWire(resolution);
}

absl::StatusOr<internal::v1::ListRepositoriesResponse> ListRepositories(
    Resolver& resolver, const internal::v1::ListRepositoriesRequest& message) {
  if (message.page_size() < 1 || message.page_size() > limits::kPageSizeMax) {
    return errors::FieldInvalid("page_size", "must be 1 to 1000");
  }
  const auto& after = message.start_after();
  ASSIGN_OR_RETURN(
      const auto repositories,
      resolver.ListRepositories(
          FromWire(message.caller()), message.registry_id(),
          {after.registry_id(), after.repository()}, message.page_size()));
  return ToWire(repositories);
}

absl::StatusOr<internal::v1::LocateRegistryResponse> LocateRegistry(
    Resolver& resolver, const internal::v1::LocateRegistryRequest& message) {
  ASSIGN_OR_RETURN(const LocatedRegistry found,
                   resolver.Locate(message.path()));
  internal::v1::LocateRegistryResponse response;
  response.set_registry_id(found.id);
  response.set_path_parts(found.path_parts);
  return response;
}

}  // namespace

grpc::Status ResolutionServiceImpl::Resolve(
    grpc::ServerContext* /*context*/,
    const internal::v1::ResolveRequest* request,
    internal::v1::ResolveResponse* response) {
  return Answer(cvr::Resolve(resolver_, *request), response);
}

grpc::Status ResolutionServiceImpl::ListRepositories(
    grpc::ServerContext* /*context*/,
    const internal::v1::ListRepositoriesRequest* request,
    internal::v1::ListRepositoriesResponse* response) {
  return Answer(cvr::ListRepositories(resolver_, *request), response);
}

grpc::Status ResolutionServiceImpl::LocateRegistry(
    grpc::ServerContext* /*context*/,
    const internal::v1::LocateRegistryRequest* request,
    internal::v1::LocateRegistryResponse* response) {
  return Answer(cvr::LocateRegistry(resolver_, *request), response);
}

}  // namespace cvr
