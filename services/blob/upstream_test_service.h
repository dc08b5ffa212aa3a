#ifndef SERVICES_BLOB_UPSTREAM_TEST_SERVICE_H_
#define SERVICES_BLOB_UPSTREAM_TEST_SERVICE_H_

#include <cstddef>

#include "cvr/v1/upstream_test_service.grpc.pb.h"
#include "services/concurrency/share_limiter.h"
#include "services/metadata/api/upstream_access_source.h"
#include "services/rpc/call_guard.h"
#include "services/upstream/upstream_prober.h"

namespace cvr {

// An UpstreamProber on the wire; stored upstreams are asked of the metadata
// service. All must outlive the service. More tests at a time than it has
// places for are UNAVAILABLE; so are more of one upstream or group than its
// share.
class UpstreamTestServiceImpl final : public v1::UpstreamTestService::Service {
 public:
  UpstreamTestServiceImpl(UpstreamProber& prober,
                          UpstreamAccessSource& metadata, CallGuard& guard)
      : prober_(prober),
        metadata_(metadata),
        guard_(guard),
        running_(kRunningMax, "tests of upstreams") {}

  grpc::Status TestUpstream(grpc::ServerContext* context,
                            const v1::TestUpstreamRequest* request,
                            v1::TestUpstreamResponse* response) override;

 private:
  static constexpr size_t kRunningMax = 16;

  absl::StatusOr<v1::TestUpstreamResponse> Test(
      const v1::TestUpstreamRequest& request);

  UpstreamProber& prober_;
  UpstreamAccessSource& metadata_;
  CallGuard& guard_;
  ShareLimiter running_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_UPSTREAM_TEST_SERVICE_H_
