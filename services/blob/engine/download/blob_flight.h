#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FLIGHT_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FLIGHT_H_

#include <vector>

#include "services/blob/engine/download/download.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/cache_recorder.h"

namespace cvr {

// A download and what is to be recorded when it is stored: one row for each
// path that it is served under, and one more download for each reader.
// Thread-safe.
class BlobFlight {
 public:
  explicit BlobFlight(std::unique_ptr<Download> download)
      : download_(std::move(download)) {}

  Download& download() const { return *download_; }

  // Notes that somebody is served under `origin`. False when it is too late:
  // the caller records it itself then.
  [[nodiscard]] bool Note(const BlobOrigin& origin, bool counts_as_pull);

  struct Served {
    BlobOrigin origin;
    int downloads = 0;
    // As CacheRecord's.
    int64_t delivered_to = 0;
  };
  // The download succeeded, and nothing more can be noted. Returns what was:
  // the serving origin, even when every client has left, and the others in
  // order of arrival. What was noted under an origin whose bytes turned out
  // wrong counts for the serving one.
  std::vector<Served> Close();

 private:
  static void Add(const BlobOrigin& origin, int downloads,
                  std::vector<Served>& to);

  const std::unique_ptr<Download> download_;

  Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Served> served_ ABSL_GUARDED_BY(mutex_);
};

// The identity by which the origin possesses what the download has stored; 0 =
// it does not.
int64_t DeliveredTo(const Download& download, const BlobOrigin& origin);

// Records that the stored blob can be had from the origin, unless that is
// recorded, and counts the downloads. Failure is logged only: the bytes are
// there.
void RecordBlob(CacheRecorder& metadata, const BlobFlight::Served& served,
                const Descriptor& target);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FLIGHT_H_
