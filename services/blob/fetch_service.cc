#include "services/blob/fetch_service.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/blob/id_page.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/concurrency/clock.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

constexpr absl::Duration kIntervalDefault = absl::Seconds(1);
constexpr absl::Duration kIntervalMin = absl::Milliseconds(100);
constexpr absl::Duration kIntervalMax = absl::Hours(1);
// How long a caller who has left may go unnoticed.
constexpr absl::Duration kLook = absl::Seconds(1);

v1::Fetch::State StateOnWire(DownloadInFlight::State state) {
  switch (state) {
    case DownloadInFlight::State::kQueued:
      return v1::Fetch::STATE_QUEUED;
    case DownloadInFlight::State::kRunning:
      return v1::Fetch::STATE_RUNNING;
    case DownloadInFlight::State::kDone:
      return v1::Fetch::STATE_SUCCEEDED;
    case DownloadInFlight::State::kFailed:
      return v1::Fetch::STATE_FAILED;
  }
  return v1::Fetch::STATE_UNSPECIFIED;
}

absl::StatusOr<absl::Duration> IntervalOf(
    const v1::WatchFetchesRequest& request) {
  if (!request.has_interval()) return kIntervalDefault;
  const absl::Duration interval = FromWire(request.interval());
  if (interval < kIntervalMin || interval > kIntervalMax) {
    return errors::FieldsInvalid(
        {{"interval", "must be from 100 ms to one hour"}});
  }
  return interval;
}

absl::Status Stopping() { return errors::ShuttingDown("the blob service"); }

std::string ScopeOf(int64_t upstream_id) {
  return absl::StrCat("fetches ", upstream_id);
}

// What has no bound is as large as a number can be.
int64_t Bounded(uint64_t value) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(value, kMax));
}

}  // namespace

FetchServiceImpl::FetchServiceImpl(const DownloadsInFlight& downloads,
                                   std::function<bool(int64_t)> cancel,
                                   std::function<BlobStoreFigures()> figures,
                                   std::string instance, CallGuard& guard)
    : downloads_(downloads),
      cancel_(std::move(cancel)),
      figures_(std::move(figures)),
      instance_(std::move(instance)),
      guard_(guard) {}

v1::Fetch FetchServiceImpl::OnWire(const DownloadInFlight& download) const {
  v1::Fetch message;
  message.set_id(download.id);
  message.set_upstream_id(download.upstream_id);
  message.set_repository(download.repository.name());
  message.set_digest(download.digest.ToString());
  message.set_size_bytes(static_cast<int64_t>(download.size_bytes));
  message.set_received_bytes(static_cast<int64_t>(download.received_bytes));
  message.set_reader_count(download.readers);
  message.set_request_count(download.requests);
  *message.mutable_start_time() = ToWire(download.start_time);
  message.set_state(StateOnWire(download.state));
  message.set_instance(instance_);
  return message;
}

v1::WatchFetchesResponse FetchServiceImpl::OnWire(
    const std::vector<DownloadInFlight>& downloads, int64_t upstream_id) const {
  v1::WatchFetchesResponse message;
  for (const DownloadInFlight& download : downloads) {
    if (upstream_id != 0 && download.upstream_id != upstream_id) continue;
    *message.add_fetches() = OnWire(download);
  }
  return message;
}

absl::StatusOr<v1::ListFetchesResponse> FetchServiceImpl::List(
    const v1::ListFetchesRequest& request) const {
  const int64_t upstream_id = request.upstream_id();
  const std::string scope = ScopeOf(upstream_id);
  ASSIGN_OR_RETURN(const IdPage page, ParseIdPage(scope, request.page_size(),
                                                  request.page_token()));
  v1::ListFetchesResponse response;
  for (const DownloadInFlight& download : downloads_.List().downloads) {
    if (download.id <= page.after) continue;
    if (upstream_id != 0 && download.upstream_id != upstream_id) continue;
    if (static_cast<size_t>(response.fetches_size()) == page.size) {
      response.set_next_page_token(IdPageToken(
          scope, response.fetches(response.fetches_size() - 1).id()));
      break;
    }
    *response.add_fetches() = OnWire(download);
  }
  return response;
}

grpc::Status FetchServiceImpl::ListFetches(
    grpc::ServerContext* context, const v1::ListFetchesRequest* request,
    v1::ListFetchesResponse* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return List(*request); });
}

// The guard has asked whether the caller may manage the upstream that it names;
// a fetch from another one is not there for it.
absl::Status FetchServiceImpl::Cancel(
    const v1::CancelFetchRequest& request) const {
  const auto found = downloads_.Find(request.id());
  const bool is_ours =
      request.instance().empty() || request.instance() == instance_;
  if (is_ours && found && found->upstream_id == request.upstream_id() &&
      cancel_(request.id())) {
    return absl::OkStatus();
  }
  return errors::NoSuch("fetch", absl::StrCat(request.id()));
}

grpc::Status FetchServiceImpl::CancelFetch(
    grpc::ServerContext* context, const v1::CancelFetchRequest* request,
    v1::CancelFetchResponse* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return Cancel(*request); });
}

grpc::Status FetchServiceImpl::GetStorageStats(
    grpc::ServerContext* context, const v1::GetStorageStatsRequest* request,
    v1::GetStorageStatsResponse* response) {
  return guard_.Answer(
      *context, *request, response,
      [&](const Caller&) -> absl::StatusOr<v1::GetStorageStatsResponse> {
        const BlobStoreFigures figures = figures_();
        v1::GetStorageStatsResponse answer;
        v1::StorageStats& stats = *answer.add_instances();
        stats.set_blob_count(Bounded(figures.blobs));
        stats.set_size_bytes(Bounded(figures.bytes));
        stats.set_max_bytes(Bounded(figures.bytes_max));
        stats.set_disk_free_bytes(Bounded(figures.disk_free_bytes));
        stats.set_fetch_count(
            static_cast<int32_t>(downloads_.List().downloads.size()));
        stats.set_instance(instance_);
        return answer;
      });
}

grpc::Status FetchServiceImpl::WatchFetches(
    grpc::ServerContext* context, const v1::WatchFetchesRequest* request,
    grpc::ServerWriter<v1::WatchFetchesResponse>* writer) {
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

absl::Status FetchServiceImpl::Watch(
    const grpc::ServerContext& context, int64_t upstream_id,
    absl::Duration interval,
    grpc::ServerWriter<v1::WatchFetchesResponse>& writer) {
  DownloadsInFlight::View view = downloads_.List();
  while (writer.Write(OnWire(view.downloads, upstream_id))) {
    RETURN_IF_ERROR(AwaitNext(context, interval));
    view = downloads_.ListSince(view.ended_count);
  }
  return absl::CancelledError("the caller closed the connection");
}

absl::Status FetchServiceImpl::EnterWatch(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  if (stopping_) return Stopping();
  const bool is_of_one = upstream_id != 0;
  if (watchers_ == kWatchersMax ||
      (is_of_one && upstream_watchers_[upstream_id] >= kWatchersMax / 4)) {
    return absl::ResourceExhaustedError(
        "too many concurrent WatchFetches calls");
  }
  ++watchers_;
  if (is_of_one) ++upstream_watchers_[upstream_id];
  return absl::OkStatus();
}

void FetchServiceImpl::LeaveWatch(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  --watchers_;
  if (upstream_id != 0 && --upstream_watchers_[upstream_id] == 0) {
    upstream_watchers_.erase(upstream_id);
  }
}

absl::Status FetchServiceImpl::AwaitNext(const grpc::ServerContext& context,
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

void FetchServiceImpl::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  stopped_.SignalAll();
}

}  // namespace cvr
