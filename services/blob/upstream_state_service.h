#ifndef SERVICES_BLOB_UPSTREAM_STATE_SERVICE_H_
#define SERVICES_BLOB_UPSTREAM_STATE_SERVICE_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "cvr/v1/upstream_state_service.grpc.pb.h"
#include "services/concurrency/clock.h"
#include "services/rpc/call_guard.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr {

// An UpstreamHealth on the wire. It, the guard and `clock` must outlive the
// service. `instance` is --instance_name.
class UpstreamStateServiceImpl final
    : public v1::UpstreamStateService::Service {
 public:
  UpstreamStateServiceImpl(const UpstreamHealth& health, std::string instance,
                           CallGuard& guard, const Clock& clock = Clock::Real())
      : health_(health),
        instance_(std::move(instance)),
        guard_(guard),
        clock_(clock) {}

  grpc::Status ListUpstreamStates(
      grpc::ServerContext* context,
      const v1::ListUpstreamStatesRequest* request,
      v1::ListUpstreamStatesResponse* response) override;

 private:
  absl::StatusOr<v1::ListUpstreamStatesResponse> List(
      const v1::ListUpstreamStatesRequest& request) const;

  const UpstreamHealth& health_;
  const std::string instance_;
  CallGuard& guard_;
  const Clock& clock_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_UPSTREAM_STATE_SERVICE_H_
