#include "services/metadata/api/grpc_resolver.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "services/common/status_macros.h"
#include "services/metadata/api/resolution_wire.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

using Stub = v1::ResolutionService::Stub;

// What the transport says of a service that is gone, hangs or is stopping.
absl::Status Translated(const grpc::Status& rpc_status) {
  absl::Status status = FromRpcStatus(rpc_status);
  if (absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) {
    return absl::UnavailableError(status.message());
  }
  return status;
}

}  // namespace

GrpcResolver::GrpcResolver(std::shared_ptr<grpc::Channel> channel,
                           const Options& options)
    : stub_(v1::ResolutionService::NewStub(std::move(channel))),
      options_(options) {}

template <typename Method, typename Request, typename Response>
absl::Status GrpcResolver::Call(Method method, const Request& request,
                                Response& response, absl::Duration patience) {
  grpc::ClientContext context;
  context.set_deadline(
      std::chrono::system_clock::now() +
      absl::ToChronoNanoseconds(std::min(patience, options_.deadline)));
  return Translated((stub_.get()->*method)(&context, request, &response));
}

absl::StatusOr<Resolution> GrpcResolver::Resolve(
    const ResolveRequest& request) {
  v1::ResolveResponse response;
  RETURN_IF_ERROR(
      Call(&Stub::Resolve, ToWire(request), response, request.patience));
  return FromWire(response);
}

absl::StatusOr<std::vector<CachedRepository>> GrpcResolver::ListRepositories(
    const Caller& caller, int64_t registry_id,
    const CachedRepository& start_after, int max) {
  v1::ListRepositoriesResponse response;
  RETURN_IF_ERROR(Call(&Stub::ListRepositories,
                       ToListRequest(caller, registry_id, start_after, max),
                       response));
  return FromWire(response);
}

absl::StatusOr<LocatedRegistry> GrpcResolver::Locate(absl::string_view path) {
  v1::LocateRegistryRequest request;
  request.set_path(std::string(path));
  v1::LocateRegistryResponse response;
  RETURN_IF_ERROR(Call(&Stub::LocateRegistry, request, response));
  return LocatedRegistry{response.registry_id(), response.path_parts()};
}

}  // namespace cvr
