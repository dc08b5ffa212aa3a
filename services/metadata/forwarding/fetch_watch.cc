#include "services/metadata/forwarding/fetch_watch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/thread.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

constexpr absl::Duration kIntervalDefault = absl::Seconds(1);
constexpr absl::Duration kIntervalMin = absl::Milliseconds(100);
// How soon a stop or a caller that has gone is noticed.
constexpr absl::Duration kLook = absl::Seconds(1);

bool HasEnded(const v1::Fetch& fetch) {
  return fetch.state() == v1::Fetch::STATE_SUCCEEDED ||
         fetch.state() == v1::Fetch::STATE_FAILED;
}

}  // namespace

absl::Status FetchWatch::Run(
    const grpc::ServerContext& context, const v1::WatchFetchesRequest& request,
    absl::FunctionRef<bool(const v1::WatchFetchesResponse&)> send) {
  if (forwarder_.size() == 0) return NoBlobServices();
  absl::Duration interval = kIntervalDefault;
  if (request.has_interval()) interval = FromWire(request.interval());
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Thread>> readers;
  for (size_t i = 0; i < forwarder_.size(); ++i) {
    contexts.push_back(ForwardedContext(context));
    readers.push_back(std::make_unique<Thread>(
        "watch-fetches",
        [this, i, &context, &request, client = contexts.back().get()] {
          AwaitConnection(forwarder_.channel(i), context);
          ReadFrom(i, *client, request);
        }));
  }
  const absl::Status status =
      Serve(context, std::max(interval, kIntervalMin), send);
  for (const auto& client : contexts) client->TryCancel();
  readers.clear();
  return status;
}

void FetchWatch::ReadFrom(size_t i, grpc::ClientContext& context,
                          const v1::WatchFetchesRequest& request) {
  const auto reader = forwarder_.stub(i).WatchFetches(&context, request);
  v1::WatchFetchesResponse response;
  while (reader->Read(&response)) Take(i, response);
  absl::Status status = FromRpcStatus(reader->Finish());
  if (status.ok()) status = absl::UnavailableError("the watch has ended");
  if (!WasAnswered(status)) {
    status = Annotate(status, "blob service " + forwarder_.address(i));
  }
  {
    MutexLock lock(&mutex_);
    status_.Update(status);
  }
  came_.Notify();
}

void FetchWatch::Take(size_t i, const v1::WatchFetchesResponse& response) {
  {
    MutexLock lock(&mutex_);
    Latest& latest = latest_[i];
    latest.has_sent = true;
    latest.running.Clear();
    for (const v1::Fetch& fetch : response.fetches()) {
      v1::WatchFetchesResponse& to =
          HasEnded(fetch) ? latest.ended : latest.running;
      *to.add_fetches() = fetch;
    }
  }
  came_.Notify();
}

bool FetchWatch::HaveAllSent() const {
  MutexLock lock(&mutex_);
  return std::all_of(latest_.begin(), latest_.end(),
                     [](const Latest& latest) { return latest.has_sent; });
}

absl::Status FetchWatch::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

v1::WatchFetchesResponse FetchWatch::Gather() {
  v1::WatchFetchesResponse response;
  MutexLock lock(&mutex_);
  for (Latest& latest : latest_) {
    response.MergeFrom(latest.running);
    response.MergeFrom(latest.ended);
    latest.ended.Clear();
  }
  return response;
}

absl::Status FetchWatch::Serve(
    const grpc::ServerContext& context, absl::Duration interval,
    absl::FunctionRef<bool(const v1::WatchFetchesResponse&)> send) {
  const auto is_over = [&] {
    return context.IsCancelled() || stop_.stopped() || !status().ok();
  };
  bool is_first = true;
  while (!is_over()) {
    const SteadyDeadline next(is_first ? kLook : interval);
    // The first response is sent as soon as it can be, the others when it is
    // time.
    while (!is_over() && !next.has_passed() && !(is_first && HaveAllSent())) {
      const uint64_t seen = came_.version();
      if (is_first && HaveAllSent()) break;
      came_.Await(seen, next, is_over);
    }
    if (is_over() || !HaveAllSent()) continue;
    is_first = false;
    if (!send(Gather())) break;
  }
  if (stop_.stopped()) return errors::ShuttingDown("the metadata service");
  RETURN_IF_ERROR(status());
  return absl::CancelledError("the caller closed the connection");
}

}  // namespace cvr
