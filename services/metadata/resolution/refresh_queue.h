#ifndef SERVICES_METADATA_RESOLUTION_REFRESH_QUEUE_H_
#define SERVICES_METADATA_RESOLUTION_REFRESH_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/refresh_source.h"

namespace cvr {

// Tags that were pulled shortly before they expire: to be revalidated before
// that, so that no pull waits. In memory only; what is lost costs a
// revalidation at the next pull. Thread-safe.
class RefreshQueue {
 public:
  static constexpr size_t kEntriesMax = 1000;
  // A tag that was taken from the queue is not queued again for this long.
  static constexpr absl::Duration kPause = absl::Minutes(1);

  // Queues it unless it is queued, was given out a moment ago, or the queue is
  // full: popular tags come again.
  void Add(RefreshDue due, absl::Time now);

  // Drops what waits for that upstream.
  void Drop(int64_t upstream_id);

  // The oldest `max`, each once.
  std::vector<RefreshDue> Take(int max, absl::Time now);

 private:
  Mutex mutex_;
  std::deque<RefreshDue> queue_ ABSL_GUARDED_BY(mutex_);
  // By upstream and path: until when it is not queued again.
  absl::flat_hash_map<std::string, absl::Time> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_REFRESH_QUEUE_H_
