#include "services/blob/engine/download/downloads_in_flight.h"

#include <algorithm>
#include <utility>

namespace cvr {

void DownloadsInFlight::Add(std::shared_ptr<const BlobFlight> flight) {
  MutexLock lock(&mutex_);
  flights_[++last_id_] = {std::move(flight), clock_.Now()};
}

void DownloadsInFlight::Remove(const BlobFlight& flight,
                               const absl::Status& outcome) {
  MutexLock lock(&mutex_);
  const auto it = std::find_if(
      flights_.begin(), flights_.end(),
      [&](const auto& entry) { return entry.second.flight.get() == &flight; });
  if (it == flights_.end()) return;
  DownloadInFlight ended = Describe(it->first, it->second);
  ended.state = outcome.ok() ? DownloadInFlight::State::kDone
                             : DownloadInFlight::State::kFailed;
  flights_.erase(it);
  ended_.push_back(std::move(ended));
  ++ended_count_;
  if (ended_.size() > kEndedMax) ended_.pop_front();
}

DownloadsInFlight::View DownloadsInFlight::List() const {
  MutexLock lock(&mutex_);
  View view;
  view.ended_count = ended_count_;
  for (const auto& [id, flight] : flights_) {
    view.downloads.push_back(Describe(id, flight));
  }
  return view;
}

std::optional<DownloadInFlight> DownloadsInFlight::Find(int64_t id) const {
  MutexLock lock(&mutex_);
  const auto it = flights_.find(id);
  if (it == flights_.end()) return std::nullopt;
  return Describe(it->first, it->second);
}

std::shared_ptr<const BlobFlight> DownloadsInFlight::FindFlight(
    int64_t id) const {
  MutexLock lock(&mutex_);
  const auto it = flights_.find(id);
  return it == flights_.end() ? nullptr : it->second.flight;
}

DownloadsInFlight::View DownloadsInFlight::ListSince(
    uint64_t ended_before) const {
  MutexLock lock(&mutex_);
  View view;
  view.ended_count = ended_count_;
  const uint64_t ended_since =
      std::min<uint64_t>(ended_count_ - ended_before, ended_.size());
  view.downloads.assign(ended_.end() - ended_since, ended_.end());
  for (const auto& [id, flight] : flights_) {
    view.downloads.push_back(Describe(id, flight));
  }
  std::sort(view.downloads.begin(), view.downloads.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return view;
}

DownloadInFlight DownloadsInFlight::Describe(int64_t id, const Flight& flight) {
  const Download& download = flight.flight->download();
  const Download::Progress progress = download.progress();
  return {id,
          progress.origin.upstream_id,
          progress.origin.repository,
          download.digest(),
          download.feed()->size().value_or(0),
          download.feed()->received_bytes(),
          download.feed()->reader_count(),
          progress.requests,
          flight.start_time,
          progress.has_begun ? DownloadInFlight::State::kRunning
                             : DownloadInFlight::State::kQueued,
          progress.origin.cache_epoch};
}

}  // namespace cvr
