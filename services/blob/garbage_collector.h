#ifndef SERVICES_BLOB_GARBAGE_COLLECTOR_H_
#define SERVICES_BLOB_GARBAGE_COLLECTOR_H_

#include <cstddef>
#include <functional>

#include "absl/time/time.h"
#include "services/blob/store/blob_store.h"
#include "services/common/digest.h"
#include "services/concurrency/periodic_thread.h"
#include "services/metadata/api/garbage_list.h"

namespace cvr {

// Deletes the bytes that the metadata service calls garbage: what was purged or
// deleted gives its space back. Looks now and then, on a thread of its own, and
// says what is done only afterwards, so that a crash loses nothing. What has
// come to be wanted again meanwhile is a miss then. Thread-safe.
class GarbageCollector {
 public:
  struct Options {
    // Between two looks. Infinite = only RunOnce() looks.
    absl::Duration interval = absl::Seconds(5);
    // Digests that are asked for at once: 1-1000.
    int batch_max = 256;
  };

  // `is_in_use` tells whether a blob is being fetched, which is left for the
  // next time; from any thread. All must outlive it.
  GarbageCollector(const Options& options, GarbageList& metadata,
                   BlobStore& store,
                   std::function<bool(const Digest&)> is_in_use);
  // Waits for the deletion in work.
  ~GarbageCollector() = default;
  GarbageCollector(const GarbageCollector&) = delete;
  GarbageCollector& operator=(const GarbageCollector&) = delete;

  // Deletes all there is now, and returns how many digests that were. The
  // thread of this object does the same.
  size_t RunOnce();

  // Deletes nothing more. Does not wait. Idempotent.
  void Stop() { thread_.Stop(); }

 private:
  bool Delete(const Digest& digest);

  const Options options_;
  GarbageList& metadata_;
  BlobStore& store_;
  const std::function<bool(const Digest&)> is_in_use_;

  PeriodicThread thread_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_GARBAGE_COLLECTOR_H_
