#ifndef SERVICES_METADATA_RESOLUTION_PULL_COUNTER_H_
#define SERVICES_METADATA_RESOLUTION_PULL_COUNTER_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Counts pulls of cache entries without a database write for each pull.
// Counts are collected in memory and written in batches by a background thread,
// and when the counter is destroyed.
//
// A crash loses the counts of the last interval. That is acceptable for
// statistics and cleanup policies; do not use it for billing. Thread-safe.
class PullCounter {
 public:
  struct Options {
    absl::Duration flush_interval = absl::Seconds(5);
    // Entries with pulls that are not merged yet. At half of it a merge
    // starts early; pulls of further entries are not counted when full.
    size_t entries_max = 64 * 1024;
  };

  // `store` must outlive it.
  PullCounter(MetadataStore& store, const Options& options);
  ~PullCounter();
  PullCounter(const PullCounter&) = delete;
  PullCounter& operator=(const PullCounter&) = delete;

  // Does no I/O.
  void Count(int64_t entry_id, absl::Time when);

  // Merges everything counted before the call. What cannot be merged is kept
  // for the next time. Errors: those of MetadataStore::Write.
  absl::Status Flush();

 private:
  struct Pulls {
    int64_t count = 0;
    absl::Time last;
  };
  using Counts = absl::flat_hash_map<int64_t, Pulls>;

  // Returns the delay until the next run.
  absl::Duration RunFlush();
  absl::Status Merge(Counts counts);
  // Adds what a failed merge has left.
  void Restore(const Counts& counts);

  MetadataStore& store_;
  const Options options_;

  // Held for a whole merge, before mutex_, so that Flush() also waits for what
  // another call is merging.
  Mutex flush_mutex_;

  Mutex mutex_;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  // Whether the thread's last merge failed: no merge starts early then, so that
  // a store that fails is not asked at every pull.
  bool has_failed_ ABSL_GUARDED_BY(mutex_) = false;

  PeriodicThread thread_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_PULL_COUNTER_H_
