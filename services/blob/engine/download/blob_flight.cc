#include "services/blob/engine/download/blob_flight.h"

#include <algorithm>

#include "spdlog/spdlog.h"

namespace cvr {

bool BlobFlight::Note(const BlobOrigin& origin, bool counts_as_pull) {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  Add(origin, counts_as_pull, served_);
  return true;
}

std::vector<BlobFlight::Served> BlobFlight::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  const auto serving = download_->serving_origin();
  if (!serving) return {};
  std::vector<Served> all;
  Add(*serving, 0, all);
  for (const Served& served : served_) {
    Add(download_->IsRejected(served.origin) ? *serving : served.origin,
        served.downloads, all);
  }
  for (Served& served : all) {
    served.delivered_to = DeliveredTo(*download_, served.origin);
  }
  return all;
}

void BlobFlight::Add(const BlobOrigin& origin, int downloads,
                     std::vector<Served>& to) {
  for (Served& served : to) {
    if (!(served.origin == origin)) continue;
    served.downloads += downloads;
    served.origin.confirmed = served.origin.confirmed || origin.confirmed;
    return;
  }
  to.push_back({origin, downloads});
  // Whatever was recorded before, this download renews it.
  to.back().origin.recorded = false;
}

int64_t DeliveredTo(const Download& download, const BlobOrigin& origin) {
  const int64_t identity = download.delivered_to();
  const bool is_its_own =
      identity == origin.identity || identity == origin.public_identity;
  return is_its_own ? identity : 0;
}

void RecordBlob(CacheRecorder& metadata, const BlobFlight::Served& served,
                const Descriptor& target) {
  const auto& [origin, downloads, delivered_to] = served;
  const ContentRef content = {origin.repository, Reference(target.digest),
                              ContentKind::kBlob};
  int counted = 0;
  absl::Status status;
  if (!origin.recorded) {
    counted = std::min(downloads, 1);
    status = metadata.Record({.upstream_id = origin.upstream_id,
                              .content = content,
                              .target = target,
                              .counts_as_pull = counted > 0,
                              .confirmed = origin.confirmed,
                              .delivered_to = delivered_to,
                              .cache_epoch = origin.cache_epoch});
  }
  for (; status.ok() && counted < downloads; ++counted) {
    status = metadata.Touch(origin.epoch(), content, target.digest,
                            /*counts_as_pull=*/true);
  }
  if (!status.ok()) {
    spdlog::warn("cannot create a cache entry for blob {} of upstream {}: {}",
                 target.digest.ToString(), origin.upstream_id,
                 status.ToString());
  }
}

}  // namespace cvr
