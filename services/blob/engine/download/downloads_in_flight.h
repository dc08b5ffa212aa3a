#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_DOWNLOADS_IN_FLIGHT_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_DOWNLOADS_IN_FLIGHT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/blob/engine/download/blob_flight.h"
#include "services/common/content.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// One download as it is seen from outside.
struct DownloadInFlight {
  enum class State { kQueued, kRunning, kDone, kFailed };

  // Positive; never given out twice.
  int64_t id = 0;
  // Whom it asks now, or asked last; before that, whom it asks first.
  int64_t upstream_id = 0;
  Repository repository;
  Digest digest;
  uint64_t size_bytes = 0;  // 0 = not known yet.
  uint64_t received_bytes = 0;
  int readers = 0;
  // To upstreams.
  int requests = 0;
  absl::Time start_time;
  State state = State::kQueued;
  // Of upstream_id, when the download was planned.
  int64_t cache_epoch = 0;

  UpstreamEpoch epoch() const { return {upstream_id, cache_epoch}; }
};

// The downloads of one engine, for those who want to look on. A download does
// nothing for it but begin and end: its progress is read when somebody looks.
// Thread-safe.
class DownloadsInFlight {
 public:
  // So many that have ended are remembered.
  static constexpr size_t kEndedMax = 1024;

  // `clock` must outlive it.
  explicit DownloadsInFlight(const Clock& clock) : clock_(clock) {}

  // --- The engine ------------------------------------------------------------

  // Waits for its turn from now on.
  void Add(std::shared_ptr<const BlobFlight> flight);
  // Has ended like that. Nothing happens when it was never added.
  void Remove(const BlobFlight& flight, const absl::Status& outcome);

  // --- Those who look on -----------------------------------------------------

  struct View {
    // By id; ended ones as they were at their end.
    std::vector<DownloadInFlight> downloads;
    // How many had ended by then, since the start.
    uint64_t ended_count = 0;
  };

  // What runs or waits now.
  View List() const;
  // One of those; nothing when it has ended, or never was.
  std::optional<DownloadInFlight> Find(int64_t id) const;
  std::shared_ptr<const BlobFlight> FindFlight(int64_t id) const;
  // That, and what has ended after `ended_before` had: the ended_count of an
  // earlier view.
  View ListSince(uint64_t ended_before) const;

 private:
  struct Flight {
    std::shared_ptr<const BlobFlight> flight;
    absl::Time start_time;
  };

  static DownloadInFlight Describe(int64_t id, const Flight& flight);

  const Clock& clock_;

  mutable Mutex mutex_;
  int64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, Flight> flights_ ABSL_GUARDED_BY(mutex_);
  // The last of them.
  std::deque<DownloadInFlight> ended_ ABSL_GUARDED_BY(mutex_);
  uint64_t ended_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_DOWNLOADS_IN_FLIGHT_H_
