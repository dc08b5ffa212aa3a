#ifndef SERVICES_BLOB_REFRESH_SERVICE_H_
#define SERVICES_BLOB_REFRESH_SERVICE_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/refresh_service.grpc.pb.h"
#include "services/blob/engine/engine.h"
#include "services/concurrency/share_limiter.h"
#include "services/metadata/api/resolver.h"
#include "services/rpc/call_guard.h"

namespace cvr {

// Engine::RefreshTag() on the wire. More at a time than it has places for, or
// than the share of their upstream or group, are UNAVAILABLE.
class RefreshServiceImpl final : public v1::RefreshService::Service {
 public:
  // All must outlive the service.
  RefreshServiceImpl(Engine& engine, Resolver& resolver, CallGuard& guard)
      : engine_(engine),
        resolver_(resolver),
        guard_(guard),
        running_(kRunningMax, "refreshes") {}

  grpc::Status RefreshTag(grpc::ServerContext* context,
                          const v1::RefreshTagRequest* request,
                          v1::RefreshTagResponse* response) override;

 private:
  static constexpr size_t kRunningMax = 64;

  absl::StatusOr<v1::RefreshTagResponse> Refresh(
      const v1::RefreshTagRequest& request, absl::Time deadline);

  Engine& engine_;
  Resolver& resolver_;
  CallGuard& guard_;
  ShareLimiter running_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_REFRESH_SERVICE_H_
