#ifndef SERVICES_METADATA_WATCH_SERVICES_H_
#define SERVICES_METADATA_WATCH_SERVICES_H_

#include "cvr/v1/audit_service.grpc.pb.h"
#include "cvr/v1/server_service.grpc.pb.h"
#include "cvr/v1/watch_service.grpc.pb.h"
#include "services/concurrency/long_calls.h"
#include "services/metadata/admin/audit_trail.h"
#include "services/metadata/guarded_service.h"
#include "services/metadata/server_info.h"
#include "services/metadata/watch/resource_watch.h"
#include "services/rpc/call_guard.h"

// What is looked at rather than managed, on the wire. The guard and the domain
// objects must outlive the services.
namespace cvr {

class WatchServiceImpl final
    : public GuardedService<v1::WatchService::Service, ResourceWatch> {
 public:
  WatchServiceImpl(ResourceWatch& watch, CallGuard& guard)
      : GuardedService(watch, guard), watch_(watch), guard_(guard) {}

  grpc::Status WatchResources(
      grpc::ServerContext* context, const v1::WatchResourcesRequest* request,
      grpc::ServerWriter<v1::WatchResourcesResponse>* writer) override;
  grpc::Status GetRevision(grpc::ServerContext* context,
                           const v1::GetRevisionRequest* request,
                           v1::GetRevisionResponse* response) override;

 private:
  ResourceWatch& watch_;
  CallGuard& guard_;
};

class AuditServiceImpl final
    : public GuardedService<v1::AuditService::Service, AuditTrail> {
 public:
  AuditServiceImpl(AuditTrail& trail, CallGuard& guard)
      : GuardedService(trail, guard),
        trail_(trail),
        guard_(guard),
        calls_(LongCalls::Options{}, "WatchAuditEvents") {}

  grpc::Status ListAuditEvents(grpc::ServerContext* context,
                               const v1::ListAuditEventsRequest* request,
                               v1::ListAuditEventsResponse* response) override;
  grpc::Status GetAuditEvent(grpc::ServerContext* context,
                             const v1::GetAuditEventRequest* request,
                             v1::AuditEvent* response) override;
  // Asks whether the caller still may before anything is sent, and every
  // minute.
  grpc::Status WatchAuditEvents(
      grpc::ServerContext* context, const v1::WatchAuditEventsRequest* request,
      grpc::ServerWriter<v1::WatchAuditEventsResponse>* writer) override;

 private:
  absl::Status Watch(grpc::ServerContext& context,
                     const v1::WatchAuditEventsRequest& request,
                     grpc::ServerWriter<v1::WatchAuditEventsResponse>& writer);

  AuditTrail& trail_;
  CallGuard& guard_;
  LongCalls calls_;
};

class ServerServiceImpl final
    : public GuardedService<v1::ServerService::Service, const ServerInfo> {
 public:
  using GuardedService::GuardedService;

  grpc::Status GetServerInfo(grpc::ServerContext* context,
                             const v1::GetServerInfoRequest* request,
                             v1::GetServerInfoResponse* response) override;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_WATCH_SERVICES_H_
