#include "services/metadata/forwarding/forwarding_services.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/forwarding/fetch_watch.h"
#include "services/metadata/resources/page_token.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

std::string ScopeOf(absl::string_view list, int64_t upstream_id) {
  return absl::StrCat("all ", list, " ", upstream_id);
}

// Answers with what any instance answers.
template <typename Service, typename Method, typename Request,
          typename Response>
grpc::Status ByAny(Forwarder<Service>& forwarder, CallGuard& guard,
                   Method method, const grpc::ServerContext& context,
                   const Request& request, Response* response) {
  return guard.Relay(context, request, response, [&](const Caller&) {
    return forwarder.CallAny(method, context, request, *response);
  });
}

}  // namespace

grpc::Status FetchForwarder::ListFetches(grpc::ServerContext* context,
                                         const v1::ListFetchesRequest* request,
                                         v1::ListFetchesResponse* response) {
  return guard_.Relay(
      *context, *request, response, [&](const Caller&) -> absl::Status {
        ASSIGN_OR_RETURN(const int page_size, PageSize(request->page_size()));
        return ListAll(
            forwarder_, &v1::FetchService::Stub::ListFetches, *context,
            *request, page_size, ScopeOf("fetches", request->upstream_id()),
            [](v1::ListFetchesResponse& page) {
              return page.mutable_fetches();
            },
            *response);
      });
}

grpc::Status FetchForwarder::WatchFetches(
    grpc::ServerContext* context, const v1::WatchFetchesRequest* request,
    grpc::ServerWriter<v1::WatchFetchesResponse>* writer) {
  const auto run = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const Caller caller, guard_.Check(*context, *request));
    ASSIGN_OR_RETURN(const auto place, watches_.Enter(caller.token_id));
    FetchWatch watch(forwarder_, stop_);
    return watch.Run(*context, *request,
                     [&](const v1::WatchFetchesResponse& response) {
                       return writer->Write(response);
                     });
  };
  return ToRpcStatus(run());
}

grpc::Status FetchForwarder::CancelFetch(grpc::ServerContext* context,
                                         const v1::CancelFetchRequest* request,
                                         v1::CancelFetchResponse* response) {
  return guard_.Relay(*context, *request, response, [&](const Caller&) {
    return Cancel(*context, *request, *response);
  });
}

// Instances are known by their addresses here, and by their names to callers:
// all are asked, and the one that it is says so.
absl::Status FetchForwarder::Cancel(const grpc::ServerContext& context,
                                    const v1::CancelFetchRequest& request,
                                    v1::CancelFetchResponse& response) {
  if (forwarder_.size() == 0) return NoBlobServices();
  if (forwarder_.size() > 1 && request.instance().empty()) {
    return errors::FieldInvalid("instance",
                                "must be set: there are several blob services",
                                v1::FIELD_REQUIRED);
  }
  absl::Status failure;
  for (size_t i = 0; i < forwarder_.size(); ++i) {
    const absl::Status status = forwarder_.Call(
        i, &v1::FetchService::Stub::CancelFetch, context, request, response);
    if (status.ok()) return status;
    // One that cannot be asked may have it.
    if (failure.ok() || absl::IsNotFound(failure)) failure = status;
  }
  return failure;
}

grpc::Status FetchForwarder::GetStorageStats(
    grpc::ServerContext* context, const v1::GetStorageStatsRequest* request,
    v1::GetStorageStatsResponse* response) {
  return guard_.Relay(*context, *request, response, [&](const Caller&) {
    return forwarder_.CallAll(&v1::FetchService::Stub::GetStorageStats,
                              *context, *request, *response);
  });
}

grpc::Status RefreshForwarder::RefreshTag(grpc::ServerContext* context,
                                          const v1::RefreshTagRequest* request,
                                          v1::RefreshTagResponse* response) {
  return ByAny(forwarder_, guard_, &v1::RefreshService::Stub::RefreshTag,
               *context, *request, response);
}

grpc::Status RefreshForwarder::BatchRefreshTags(
    grpc::ServerContext* context, const v1::BatchRefreshTagsRequest* request,
    v1::Operation* response) {
  return ByAny(forwarder_, guard_, &v1::RefreshService::Stub::BatchRefreshTags,
               *context, *request, response);
}

grpc::Status RefreshForwarder::PrefetchImage(
    grpc::ServerContext* context, const v1::PrefetchImageRequest* request,
    v1::Operation* response) {
  return ByAny(forwarder_, guard_, &v1::RefreshService::Stub::PrefetchImage,
               *context, *request, response);
}

grpc::Status UpstreamStateForwarder::ListUpstreamStates(
    grpc::ServerContext* context, const v1::ListUpstreamStatesRequest* request,
    v1::ListUpstreamStatesResponse* response) {
  return guard_.Relay(
      *context, *request, response, [&](const Caller&) -> absl::Status {
        ASSIGN_OR_RETURN(const int page_size, PageSize(request->page_size()));
        return ListAll(
            forwarder_, &v1::UpstreamStateService::Stub::ListUpstreamStates,
            *context, *request, page_size,
            ScopeOf("states", request->upstream_id()),
            [](v1::ListUpstreamStatesResponse& page) {
              return page.mutable_states();
            },
            *response);
      });
}

grpc::Status UpstreamTestForwarder::TestUpstream(
    grpc::ServerContext* context, const v1::TestUpstreamRequest* request,
    v1::TestUpstreamResponse* response) {
  return ByAny(forwarder_, guard_, &v1::UpstreamTestService::Stub::TestUpstream,
               *context, *request, response);
}

}  // namespace cvr
