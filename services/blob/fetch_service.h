#ifndef SERVICES_BLOB_FETCH_SERVICE_H_
#define SERVICES_BLOB_FETCH_SERVICE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/fetch_service.grpc.pb.h"
#include "services/blob/engine/download/downloads_in_flight.h"
#include "services/concurrency/mutex.h"
#include "services/rpc/call_guard.h"

namespace cvr {

// What a store of blobs holds, and what it may.
struct BlobStoreFigures {
  uint64_t blobs = 0;
  uint64_t bytes = 0;
  uint64_t bytes_max = 0;  // 0 = without limit.
  uint64_t disk_free_bytes = 0;
};

// The downloads of an engine, which administrators know as fetches, and the
// store behind it, on the wire. Each WatchFetches() takes a thread of the
// server, so there may be a limited number, and a quarter of that may watch one
// upstream: further ones are answered RESOURCE_EXHAUSTED.
class FetchServiceImpl final : public v1::FetchService::Service {
 public:
  static constexpr int kWatchersMax = 64;

  // `downloads` and `guard` must outlive the service; `cancel`, which ends the
  // download of that id or says that there is none, and `figures` are called by
  // any thread. `instance` is --instance_name.
  FetchServiceImpl(const DownloadsInFlight& downloads,
                   std::function<bool(int64_t)> cancel,
                   std::function<BlobStoreFigures()> figures,
                   std::string instance, CallGuard& guard);

  grpc::Status ListFetches(grpc::ServerContext* context,
                           const v1::ListFetchesRequest* request,
                           v1::ListFetchesResponse* response) override;
  grpc::Status WatchFetches(
      grpc::ServerContext* context, const v1::WatchFetchesRequest* request,
      grpc::ServerWriter<v1::WatchFetchesResponse>* writer) override;
  grpc::Status CancelFetch(grpc::ServerContext* context,
                           const v1::CancelFetchRequest* request,
                           v1::CancelFetchResponse* response) override;
  grpc::Status GetStorageStats(grpc::ServerContext* context,
                               const v1::GetStorageStatsRequest* request,
                               v1::GetStorageStatsResponse* response) override;

  // Ends what watches, now and later, with UNAVAILABLE. Does not wait.
  // Idempotent.
  void Stop();

 private:
  absl::StatusOr<v1::ListFetchesResponse> List(
      const v1::ListFetchesRequest& request) const;
  absl::Status Cancel(const v1::CancelFetchRequest& request) const;
  v1::Fetch OnWire(const DownloadInFlight& download) const;
  v1::WatchFetchesResponse OnWire(
      const std::vector<DownloadInFlight>& downloads,
      int64_t upstream_id) const;
  absl::Status Watch(const grpc::ServerContext& context, int64_t upstream_id,
                     absl::Duration interval,
                     grpc::ServerWriter<v1::WatchFetchesResponse>& writer);
  absl::Status EnterWatch(int64_t upstream_id);
  void LeaveWatch(int64_t upstream_id);
  // OK when the next message is due. Errors: CANCELLED when the caller has
  // left; UNAVAILABLE.
  absl::Status AwaitNext(const grpc::ServerContext& context,
                         absl::Duration interval);

  const DownloadsInFlight& downloads_;
  const std::function<bool(int64_t)> cancel_;
  const std::function<BlobStoreFigures()> figures_;
  const std::string instance_;
  CallGuard& guard_;

  Mutex mutex_;
  CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int watchers_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of one upstream each.
  std::map<int64_t, int> upstream_watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_FETCH_SERVICE_H_
