#include "services/metadata/api/grpc_resolver.h"

#include <algorithm>
#include <string>
#include <utility>

#include "services/common/status_macros.h"
#include "services/metadata/api/resolution_wire.h"
#include "services/rpc/unary_call.h"

namespace cvr {
namespace {

using Stub = internal::v1::ResolutionService::Stub;

}  // namespace

GrpcResolver::GrpcResolver(std::shared_ptr<grpc::Channel> channel,
                           const Options& options)
    : stub_(internal::v1::ResolutionService::NewStub(std::move(channel))),
      options_(options) {}

template <typename Method, typename Request, typename Response>
absl::Status GrpcResolver::Call(Method method, const Request& request,
                                Response& response, absl::Duration patience) {
  return UnaryCall(*stub_, method, std::min(patience, options_.deadline),
                   request, response);
}

absl::StatusOr<Resolution> GrpcResolver::Resolve(
    const ResolveRequest& request) {
  internal::v1::ResolveResponse response;
  RETURN_IF_ERROR(
      Call(&Stub::Resolve, ToWire(request), response, request.patience));
  return FromWire(response);
}

absl::StatusOr<std::vector<CachedRepository>> GrpcResolver::ListRepositories(
    const Caller& caller, int64_t registry_id,
    const CachedRepository& start_after, int max) {
  internal::v1::ListRepositoriesResponse response;
  RETURN_IF_ERROR(Call(&Stub::ListRepositories,
                       ToListRequest(caller, registry_id, start_after, max),
                       response));
  return FromWire(response);
}

absl::StatusOr<LocatedRegistry> GrpcResolver::Locate(absl::string_view path) {
  internal::v1::LocateRegistryRequest request;
  request.set_path(std::string(path));
  internal::v1::LocateRegistryResponse response;
  RETURN_IF_ERROR(Call(&Stub::LocateRegistry, request, response));
  return LocatedRegistry{response.registry_id(), response.path_parts()};
}

}  // namespace cvr
