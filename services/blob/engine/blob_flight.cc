#include "services/blob/engine/blob_flight.h"

#include <utility>

#include "spdlog/spdlog.h"

namespace cvr {

bool BlobFlight::Note(const BlobOrigin& origin, bool counts_as_download) {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  for (Served& served : served_) {
    if (served.origin == origin) {
      served.downloads += counts_as_download;
      return true;
    }
  }
  served_.push_back({origin, counts_as_download});
  return true;
}

std::vector<BlobFlight::Served> BlobFlight::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  return std::exchange(served_, {});
}

void RecordBlob(MetadataClient& metadata, const BlobFlight::Served& served,
                const Descriptor& target) {
  const ContentRef content = {served.origin.repository,
                              Reference(target.digest), ContentKind::kBlob};
  absl::Status status =
      metadata.Record({.upstream_id = served.origin.upstream_id,
                       .content = content,
                       .target = target,
                       .counts_as_download = served.downloads > 0});
  for (int i = 1; status.ok() && i < served.downloads; ++i) {
    status = metadata.Touch(served.origin.upstream_id, content, target.digest,
                            /*counts_as_download=*/true);
  }
  if (!status.ok()) {
    spdlog::warn("blob {} of upstream {} is not recorded: {}",
                 target.digest.ToString(), served.origin.upstream_id,
                 status.ToString());
  }
}

}  // namespace cvr
