#include "services/metadata/watch_services.h"

#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

constexpr absl::Duration kCheckInterval = absl::Minutes(1);

absl::Status Gone() {
  return absl::CancelledError("the caller closed the connection");
}

}  // namespace

grpc::Status WatchServiceImpl::WatchResources(
    grpc::ServerContext* context, const v1::WatchResourcesRequest* request,
    grpc::ServerWriter<v1::WatchResourcesResponse>* writer) {
  const auto check = [&] { return guard_.Check(*context, *request); };
  const auto is_cancelled = [&] { return context->IsCancelled(); };
  const auto send = [&](const v1::WatchResourcesResponse& message) {
    return writer->Write(message);
  };
  return ToRpcStatus(watch_.Watch(*request, {check, is_cancelled, send}));
}

grpc::Status WatchServiceImpl::GetRevision(
    grpc::ServerContext* context, const v1::GetRevisionRequest* request,
    v1::GetRevisionResponse* response) {
  const auto get = [](const ResourceWatch& watch,
                      const v1::GetRevisionRequest& /*request*/)
      -> absl::StatusOr<v1::GetRevisionResponse> {
    return watch.GetRevision();
  };
  return Forward(get, context, request, response);
}

grpc::Status AuditServiceImpl::ListAuditEvents(
    grpc::ServerContext* context, const v1::ListAuditEventsRequest* request,
    v1::ListAuditEventsResponse* response) {
  return Forward(&AuditTrail::List, context, request, response);
}

grpc::Status AuditServiceImpl::GetAuditEvent(
    grpc::ServerContext* context, const v1::GetAuditEventRequest* request,
    v1::AuditEvent* response) {
  return Forward(&AuditTrail::Get, context, request, response);
}

grpc::Status AuditServiceImpl::WatchAuditEvents(
    grpc::ServerContext* context, const v1::WatchAuditEventsRequest* request,
    grpc::ServerWriter<v1::WatchAuditEventsResponse>* writer) {
  return ToRpcStatus(Watch(*context, *request, *writer));
}

absl::Status AuditServiceImpl::Watch(
    grpc::ServerContext& context, const v1::WatchAuditEventsRequest& request,
    grpc::ServerWriter<v1::WatchAuditEventsResponse>& writer) {
  ASSIGN_OR_RETURN(const Caller caller, guard_.Check(context, request));
  ASSIGN_OR_RETURN(const auto place, calls_.Enter(caller.token_id));
  ASSIGN_OR_RETURN(int64_t after, trail_.LastId());
  if (request.has_after_id()) after = request.after_id();
  const auto is_cancelled = [&] { return context.IsCancelled(); };
  while (!trail_.changes().stopped()) {
    if (is_cancelled()) return Gone();
    const uint64_t seen = trail_.changes().version();
    ASSIGN_OR_RETURN(const auto next, trail_.Next(after));
    if (next.audit_events_size() == 0) {
      const SteadyDeadline check(kCheckInterval);
      trail_.changes().Await(seen, check, is_cancelled);
      if (check.has_passed()) {
        RETURN_IF_ERROR(guard_.Check(context, request).status());
      }
      continue;
    }
    RETURN_IF_ERROR(guard_.Check(context, request).status());
    after = next.audit_events(next.audit_events_size() - 1).id();
    if (!writer.Write(next)) return Gone();
  }
  return errors::ShuttingDown("the metadata service");
}

grpc::Status ServerServiceImpl::GetServerInfo(
    grpc::ServerContext* context, const v1::GetServerInfoRequest* request,
    v1::GetServerInfoResponse* response) {
  return Forward(&ServerInfo::Get, context, request, response);
}

}  // namespace cvr
