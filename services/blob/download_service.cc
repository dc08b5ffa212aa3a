#include "services/blob/download_service.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

constexpr absl::Duration kIntervalDefault = absl::Seconds(1);
constexpr absl::Duration kIntervalMin = absl::Milliseconds(100);
constexpr absl::Duration kIntervalMax = absl::Hours(1);
// Ids of upstreams are positive.
constexpr int64_t kNoUpstream = -1;
// How long a caller who has left may go unnoticed.
constexpr absl::Duration kLook = absl::Seconds(1);

v1::DownloadInFlight::State StateOnWire(DownloadInFlight::State state) {
  switch (state) {
    case DownloadInFlight::State::kQueued:
      return v1::DownloadInFlight::QUEUED;
    case DownloadInFlight::State::kRunning:
      return v1::DownloadInFlight::RUNNING;
    case DownloadInFlight::State::kDone:
      return v1::DownloadInFlight::DONE;
    case DownloadInFlight::State::kFailed:
      return v1::DownloadInFlight::FAILED;
  }
  return v1::DownloadInFlight::STATE_UNSPECIFIED;
}

v1::DownloadInFlight OnWire(const DownloadInFlight& download) {
  v1::DownloadInFlight message;
  message.set_id(download.id);
  message.set_upstream_id(download.upstream_id);
  message.set_repository(download.repository.name());
  message.set_digest(download.digest.ToString());
  message.set_size(static_cast<int64_t>(download.size_bytes));
  message.set_received(static_cast<int64_t>(download.received_bytes));
  message.set_readers(download.readers);
  message.set_requests(download.requests);
  *message.mutable_start_time() = ToWire(download.start_time);
  message.set_state(StateOnWire(download.state));
  return message;
}

v1::Downloads OnWire(const std::vector<DownloadInFlight>& downloads,
                     int64_t upstream_id) {
  v1::Downloads message;
  for (const DownloadInFlight& download : downloads) {
    if (upstream_id != 0 && download.upstream_id != upstream_id) continue;
    *message.add_downloads() = OnWire(download);
  }
  return message;
}

absl::StatusOr<absl::Duration> IntervalOf(
    const v1::WatchDownloadsRequest& request) {
  if (!request.has_interval()) return kIntervalDefault;
  const absl::Duration interval = FromWire(request.interval());
  if (interval < kIntervalMin || interval > kIntervalMax) {
    return errors::FieldsInvalid(
        {{"interval", "must be from 100 ms to one hour"}});
  }
  return interval;
}

absl::Status Stopping() { return errors::ShuttingDown("the blob service"); }

// What has no bound is as large as a number can be.
int64_t Bounded(uint64_t value) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(value, kMax));
}

}  // namespace

DownloadServiceImpl::DownloadServiceImpl(
    const DownloadsInFlight& downloads, std::function<bool(int64_t)> cancel,
    std::function<BlobStoreFigures()> figures, CallGuard& guard)
    : downloads_(downloads),
      cancel_(std::move(cancel)),
      figures_(std::move(figures)),
      guard_(guard) {}

grpc::Status DownloadServiceImpl::ListDownloads(
    grpc::ServerContext* context, const v1::ListDownloadsRequest* request,
    v1::Downloads* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) -> absl::StatusOr<v1::Downloads> {
                         return OnWire(downloads_.List().downloads,
                                       request->upstream_id());
                       });
}

// Who may is up to the upstream that the download is from. What is not there is
// checked like the download of an upstream that nobody has, so that both are
// answered alike.
grpc::Status DownloadServiceImpl::CancelDownload(
    grpc::ServerContext* context, const v1::CancelDownloadRequest* request,
    google::protobuf::Empty* response) {
  const auto found = downloads_.Find(request->id());
  const bool is_meant = found && (request->upstream_id() == 0 ||
                                  request->upstream_id() == found->upstream_id);
  v1::CancelDownloadRequest question = *request;
  question.set_upstream_id(is_meant ? found->upstream_id : kNoUpstream);
  const absl::Status unknown =
      errors::NoSuch("download", absl::StrCat(request->id()));
  const grpc::Status status = guard_.Answer(
      *context, question, response, [&](const Caller&) -> absl::Status {
        return is_meant && cancel_(request->id()) ? absl::OkStatus() : unknown;
      });
  return status.error_code() == grpc::StatusCode::NOT_FOUND
             ? ToRpcStatus(unknown)
             : status;
}

grpc::Status DownloadServiceImpl::GetStorageStats(
    grpc::ServerContext* context, const v1::GetStorageStatsRequest* request,
    v1::StorageStats* response) {
  return guard_.Answer(
      *context, *request, response,
      [&](const Caller&) -> absl::StatusOr<v1::StorageStats> {
        const BlobStoreFigures figures = figures_();
        v1::StorageStats stats;
        stats.set_blobs(Bounded(figures.blobs));
        stats.set_bytes(Bounded(figures.bytes));
        stats.set_bytes_max(Bounded(figures.bytes_max));
        stats.set_disk_free_bytes(Bounded(figures.disk_free_bytes));
        stats.set_downloads(
            static_cast<int32_t>(downloads_.List().downloads.size()));
        return stats;
      });
}

grpc::Status DownloadServiceImpl::WatchDownloads(
    grpc::ServerContext* context, const v1::WatchDownloadsRequest* request,
    grpc::ServerWriter<v1::Downloads>* writer) {
  const auto caller = guard_.Check(*context, *request);
  if (!caller.ok()) return ToRpcStatus(caller.status());
  const auto interval = IntervalOf(*request);
  if (!interval.ok()) return ToRpcStatus(interval.status());
  absl::Status status = EnterWatch(request->upstream_id());
  if (status.ok()) {
    status = Watch(*context, request->upstream_id(), *interval, *writer);
    LeaveWatch(request->upstream_id());
  }
  return ToRpcStatus(status);
}

absl::Status DownloadServiceImpl::Watch(
    const grpc::ServerContext& context, int64_t upstream_id,
    absl::Duration interval, grpc::ServerWriter<v1::Downloads>& writer) {
  DownloadsInFlight::View view = downloads_.List();
  while (writer.Write(OnWire(view.downloads, upstream_id))) {
    RETURN_IF_ERROR(AwaitNext(context, interval));
    view = downloads_.ListSince(view.ended_count);
  }
  return absl::CancelledError("the caller closed the connection");
}

absl::Status DownloadServiceImpl::EnterWatch(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  if (stopping_) return Stopping();
  const bool is_of_one = upstream_id != 0;
  if (watchers_ == kWatchersMax ||
      (is_of_one && upstream_watchers_[upstream_id] >= kWatchersMax / 4)) {
    return absl::ResourceExhaustedError(
        "too many concurrent WatchDownloads calls");
  }
  ++watchers_;
  if (is_of_one) ++upstream_watchers_[upstream_id];
  return absl::OkStatus();
}

void DownloadServiceImpl::LeaveWatch(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  --watchers_;
  if (upstream_id != 0 && --upstream_watchers_[upstream_id] == 0) {
    upstream_watchers_.erase(upstream_id);
  }
}

absl::Status DownloadServiceImpl::AwaitNext(const grpc::ServerContext& context,
                                            absl::Duration interval) {
  const SteadyDeadline next(interval);
  MutexLock lock(&mutex_);
  while (!stopping_) {
    if (context.IsCancelled()) {
      return absl::CancelledError("the caller closed the connection");
    }
    if (next.has_passed()) return absl::OkStatus();
    stopped_.WaitWithTimeout(&mutex_, std::min(next.left(), kLook));
  }
  return Stopping();
}

void DownloadServiceImpl::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  stopped_.SignalAll();
}

}  // namespace cvr
