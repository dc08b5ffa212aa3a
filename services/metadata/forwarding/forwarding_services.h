#ifndef SERVICES_METADATA_FORWARDING_FORWARDING_SERVICES_H_
#define SERVICES_METADATA_FORWARDING_FORWARDING_SERVICES_H_

#include <memory>
#include <vector>

#include "cvr/v1/fetch_service.grpc.pb.h"
#include "cvr/v1/refresh_service.grpc.pb.h"
#include "cvr/v1/upstream_state_service.grpc.pb.h"
#include "cvr/v1/upstream_test_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "services/concurrency/change_signal.h"
#include "services/concurrency/long_calls.h"
#include "services/metadata/forwarding/forwarder.h"
#include "services/rpc/call_guard.h"

// The services of blob services as the metadata service offers them, so that an
// installation has one administrative endpoint: each call is admitted by the
// guard, which must outlive the services, and goes on to the blob services.
// Without any, every call that is admitted is UNAVAILABLE.
namespace cvr {

// Fetches and stores of all instances.
class FetchForwarder final : public v1::FetchService::Service {
 public:
  FetchForwarder(const std::vector<BlobInstance>& instances, CallGuard& guard)
      : forwarder_(instances),
        guard_(guard),
        watches_(LongCalls::Options{.total = 16, .per_caller = 8},
                 "WatchFetches") {}

  grpc::Status ListFetches(grpc::ServerContext* context,
                           const v1::ListFetchesRequest* request,
                           v1::ListFetchesResponse* response) override;
  grpc::Status WatchFetches(
      grpc::ServerContext* context, const v1::WatchFetchesRequest* request,
      grpc::ServerWriter<v1::WatchFetchesResponse>* writer) override;
  // INVALID_ARGUMENT without an instance where there are several.
  grpc::Status CancelFetch(grpc::ServerContext* context,
                           const v1::CancelFetchRequest* request,
                           v1::CancelFetchResponse* response) override;
  grpc::Status GetStorageStats(grpc::ServerContext* context,
                               const v1::GetStorageStatsRequest* request,
                               v1::GetStorageStatsResponse* response) override;

  // Ends watches. Final.
  void Stop() { stop_.Stop(); }

 private:
  absl::Status Cancel(const grpc::ServerContext& context,
                      const v1::CancelFetchRequest& request,
                      v1::CancelFetchResponse& response);

  Forwarder<v1::FetchService> forwarder_;
  CallGuard& guard_;
  LongCalls watches_;
  ChangeSignal stop_;
};

// Refreshes by any instance.
class RefreshForwarder final : public v1::RefreshService::Service {
 public:
  RefreshForwarder(const std::vector<BlobInstance>& instances, CallGuard& guard)
      : forwarder_(instances), guard_(guard) {}

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
  Forwarder<v1::RefreshService> forwarder_;
  CallGuard& guard_;
};

// States of all instances.
class UpstreamStateForwarder final : public v1::UpstreamStateService::Service {
 public:
  UpstreamStateForwarder(const std::vector<BlobInstance>& instances,
                         CallGuard& guard)
      : forwarder_(instances), guard_(guard) {}

  grpc::Status ListUpstreamStates(
      grpc::ServerContext* context,
      const v1::ListUpstreamStatesRequest* request,
      v1::ListUpstreamStatesResponse* response) override;

 private:
  Forwarder<v1::UpstreamStateService> forwarder_;
  CallGuard& guard_;
};

// Tests by any instance.
class UpstreamTestForwarder final : public v1::UpstreamTestService::Service {
 public:
  UpstreamTestForwarder(const std::vector<BlobInstance>& instances,
                        CallGuard& guard)
      : forwarder_(instances), guard_(guard) {}

  grpc::Status TestUpstream(grpc::ServerContext* context,
                            const v1::TestUpstreamRequest* request,
                            v1::TestUpstreamResponse* response) override;

 private:
  Forwarder<v1::UpstreamTestService> forwarder_;
  CallGuard& guard_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_FORWARDING_FORWARDING_SERVICES_H_
