#ifndef SERVICES_BLOB_ENGINE_REFRESH_AHEAD_H_
#define SERVICES_BLOB_ENGINE_REFRESH_AHEAD_H_

#include <cstddef>

#include "absl/time/time.h"
#include "services/blob/engine/engine.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"
#include "services/metadata/api/refresh_source.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr {

// Revalidates tags shortly before they expire, so that no pull has to wait for
// that: takes what is due from the metadata service and asks through the
// engine, where pulls of the same share the requests. Upstreams whose budget is
// to be saved are left alone. Failures are logged only: a pull will see to it.
// Thread-safe.
class RefreshAhead {
 public:
  struct Options {
    // Between two looks at what is due. Infinite = only RunOnce() looks.
    absl::Duration interval = absl::Seconds(5);
    // At the same time; when so many were due, the next ones follow at once.
    int tags_max = 4;
  };

  // What has become of the tags that were due.
  struct Counts {
    size_t refreshed = 0;
    size_t failed = 0;
    size_t spared = 0;  // To save their upstream's budget.
  };

  // All must outlive it; `health` may be null.
  RefreshAhead(const Options& options, Engine& engine, RefreshSource& metadata,
               UpstreamHealth* health);
  // Waits for the upstreams that are being asked.
  ~RefreshAhead() = default;
  RefreshAhead(const RefreshAhead&) = delete;
  RefreshAhead& operator=(const RefreshAhead&) = delete;

  // Takes and refreshes what is due, once, and returns how many tags that were.
  // The thread of this object does the same.
  size_t RunOnce();

  // Takes nothing more. Does not wait. Idempotent.
  void Stop() { thread_.Stop(); }

  // Since the start.
  Counts counts() const;

 private:
  // Returns the delay until the next run.
  absl::Duration RunDue();
  bool IsToBeSpared(const RefreshDue& due);

  const Options options_;
  Engine& engine_;
  RefreshSource& metadata_;
  UpstreamHealth* const health_;

  mutable Mutex mutex_;
  Counts counts_ ABSL_GUARDED_BY(mutex_);

  PeriodicThread thread_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_REFRESH_AHEAD_H_
