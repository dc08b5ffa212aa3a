#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_WATCH_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_WATCH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/blob/engine/engine.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/upstream_checker.h"

namespace cvr {

// Ends downloads that use resources in vain:
//
// * downloads without a reader that are slower than a minimum rate: the bytes
//   received are left for the next request;
// * downloads from an upstream that was deleted, disabled or changed since:
//   their bytes are deleted, since they count as delivered to no upstream.
//
// Thread-safe.
class DownloadWatch {
 public:
  struct Options {
    // Between two looks. Infinite = only RunOnce() looks.
    absl::Duration interval = absl::Seconds(1);
    // On the average of each unread_window without a reader; 0 = no minimum.
    uint64_t unread_bytes_per_second_min = 64 * 1024;
    absl::Duration unread_window = absl::Seconds(60);
  };

  // All must outlive it.
  DownloadWatch(const Options& options, Engine& engine,
                UpstreamChecker& metadata, const Clock& clock);
  ~DownloadWatch();
  DownloadWatch(const DownloadWatch&) = delete;
  DownloadWatch& operator=(const DownloadWatch&) = delete;

  // Looks once. The thread of this object does the same.
  void RunOnce();

  // Looks no more. Does not wait. Idempotent.
  void Stop();

 private:
  // Since when a download goes without a reader, and what it had then.
  struct Unread {
    absl::Time since;
    uint64_t received_bytes = 0;
  };

  void Run();
  // False when it is time to stop.
  bool AwaitNextLook();
  bool IsTooSlow(const DownloadInFlight& download, absl::Time now);
  // The upstreams that nothing may be got from any more.
  std::set<std::pair<int64_t, int64_t>> OutdatedOf(
      const std::vector<DownloadInFlight>& downloads);

  const Options options_;
  Engine& engine_;
  UpstreamChecker& metadata_;
  const Clock& clock_;

  // Of who looks; one at a time.
  std::map<int64_t, Unread> unread_;

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::unique_ptr<Thread> thread_;  // Set at construction.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_WATCH_H_
