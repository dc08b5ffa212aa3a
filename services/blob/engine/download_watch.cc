#include "services/blob/engine/download_watch.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/limits.h"
#include "services/concurrency/clock.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

bool IsRunning(const DownloadInFlight& download) {
  return download.state == DownloadInFlight::State::kRunning;
}

}  // namespace

DownloadWatch::DownloadWatch(const Options& options, Engine& engine,
                             UpstreamChecker& metadata, const Clock& clock)
    : options_(options), engine_(engine), metadata_(metadata), clock_(clock) {
  if (options_.interval < absl::InfiniteDuration()) {
    thread_ = std::make_unique<Thread>("download-watch", [this] { Run(); });
  }
}

DownloadWatch::~DownloadWatch() {
  Stop();
  thread_.reset();
}

void DownloadWatch::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  changed_.SignalAll();
}

void DownloadWatch::Run() {
  while (AwaitNextLook()) RunOnce();
}

bool DownloadWatch::AwaitNextLook() {
  MutexLock lock(&mutex_);
  const SteadyDeadline next(options_.interval);
  while (!stopping_) {
    if (changed_.WaitWithTimeout(&mutex_, next.left())) break;
  }
  return !stopping_;
}

void DownloadWatch::RunOnce() {
  const absl::Time now = clock_.SteadyNow();
  const auto downloads = engine_.downloads_in_flight().List().downloads;
  const auto outdated = OutdatedOf(downloads);
  std::map<int64_t, Unread> unread;
  unread.swap(unread_);
  for (const DownloadInFlight& download : downloads) {
    if (outdated.count({download.upstream_id, download.cache_epoch}) > 0) {
      spdlog::info("fetch {} of blob {} ends: upstream {} was changed",
                   download.id, download.digest.ToString(),
                   download.upstream_id);
      engine_.CancelDownload(
          download.id,
          absl::UnavailableError(
              absl::StrCat("upstream ", download.upstream_id,
                           " was deleted, disabled or changed meanwhile")),
          /*keeps_bytes=*/false);
      continue;
    }
    if (const auto known = unread.find(download.id); known != unread.end()) {
      unread_[download.id] = known->second;
    }
    if (!IsTooSlow(download, now)) continue;
    spdlog::info("fetch {} of blob {} from upstream {} ends: too slow",
                 download.id, download.digest.ToString(), download.upstream_id);
    engine_.CancelDownload(
        download.id,
        absl::UnavailableError(absl::StrCat(
            "nobody read it, and upstream ", download.upstream_id,
            " sent less than ", options_.unread_bytes_per_second_min,
            " bytes per second")));
  }
}

bool DownloadWatch::IsTooSlow(const DownloadInFlight& download,
                              absl::Time now) {
  if (!IsRunning(download) || download.readers > 0 ||
      options_.unread_bytes_per_second_min == 0) {
    unread_.erase(download.id);
    return false;
  }
  const Unread fresh = {now, download.received_bytes};
  const auto [it, is_new] = unread_.emplace(download.id, fresh);
  const absl::Duration passed = now - it->second.since;
  if (is_new || passed < options_.unread_window) return false;
  const uint64_t came = download.received_bytes - it->second.received_bytes;
  it->second = fresh;
  return static_cast<double>(came) <
         static_cast<double>(options_.unread_bytes_per_second_min) *
             absl::ToDoubleSeconds(passed);
}

std::set<std::pair<int64_t, int64_t>> DownloadWatch::OutdatedOf(
    const std::vector<DownloadInFlight>& downloads) {
  std::set<std::pair<int64_t, int64_t>> known;
  std::vector<UpstreamEpoch> asked;
  for (const DownloadInFlight& download : downloads) {
    const bool is_new =
        known.emplace(download.upstream_id, download.cache_epoch).second;
    if (is_new && asked.size() < limits::kCheckedUpstreamsMax) {
      asked.push_back(download.epoch());
    }
  }
  std::set<std::pair<int64_t, int64_t>> outdated;
  if (asked.empty()) return outdated;
  const auto answer = metadata_.CheckUpstreams(asked);
  // Without an answer they go on: a service that cannot be reached is no reason
  // to break pulls.
  if (!answer.ok()) return outdated;
  for (const UpstreamEpoch& upstream : *answer) {
    outdated.emplace(upstream.upstream_id, upstream.cache_epoch);
  }
  return outdated;
}

}  // namespace cvr
