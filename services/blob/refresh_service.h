#ifndef SERVICES_BLOB_REFRESH_SERVICE_H_
#define SERVICES_BLOB_REFRESH_SERVICE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cvr/v1/refresh_service.grpc.pb.h"
#include "services/blob/operation_runner.h"
#include "services/blob/prefetcher.h"
#include "services/blob/tag_refresher.h"
#include "services/common/content.h"
#include "services/concurrency/share_limiter.h"
#include "services/metadata/api/resolver.h"
#include "services/rpc/call_guard.h"

namespace cvr {

// A TagRefresher and a Prefetcher on the wire. More refreshes of one tag at a
// time than it has places for, or than the share of their upstream or group,
// are UNAVAILABLE; so are more operations than OperationRunner has places for.
class RefreshServiceImpl final : public v1::RefreshService::Service {
 public:
  // All must outlive the service, and the first two what `operations` runs.
  RefreshServiceImpl(TagRefresher& refresher, Prefetcher& prefetcher,
                     Resolver& resolver, OperationRunner& operations,
                     CallGuard& guard)
      : refresher_(refresher),
        prefetcher_(prefetcher),
        resolver_(resolver),
        operations_(operations),
        guard_(guard),
        running_(kRunningMax, "refreshes") {}

  grpc::Status RefreshTag(grpc::ServerContext* context,
                          const v1::RefreshTagRequest* request,
                          v1::RefreshTagResponse* response) override;
  grpc::Status BatchRefreshTags(grpc::ServerContext* context,
                                const v1::BatchRefreshTagsRequest* request,
                                v1::Operation* response) override;
  grpc::Status PrefetchImage(grpc::ServerContext* context,
                             const v1::PrefetchImageRequest* request,
                             v1::Operation* response) override;

 private:
  static constexpr size_t kRunningMax = 64;

  absl::StatusOr<v1::RefreshTagResponse> Refresh(
      const v1::RefreshTagRequest& request, absl::Time deadline);
  absl::StatusOr<v1::Operation> StartBatch(
      const v1::BatchRefreshTagsRequest& request, const Caller& caller);
  absl::StatusOr<v1::Operation> StartPrefetch(
      const v1::PrefetchImageRequest& request, const Caller& caller);
  // The group of the registry, as far as one of the contents can be pulled from
  // it. Errors: those of Resolver::Resolve() of the first.
  absl::StatusOr<std::string> GroupOf(int64_t registry_id,
                                      absl::Span<const ContentRef> contents);

  TagRefresher& refresher_;
  Prefetcher& prefetcher_;
  Resolver& resolver_;
  OperationRunner& operations_;
  CallGuard& guard_;
  ShareLimiter running_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_REFRESH_SERVICE_H_
