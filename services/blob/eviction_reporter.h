#ifndef SERVICES_BLOB_EVICTION_REPORTER_H_
#define SERVICES_BLOB_EVICTION_REPORTER_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/retry_loop.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/content_index.h"

namespace cvr {

// Tells the metadata service what the store has evicted: in batches, from a
// thread of its own, and again while the service is UNAVAILABLE. A report that
// is lost costs little: the entry then leads to bytes that are gone, which is a
// miss. So does a report of what was stored again before it was sent.
// Thread-safe.
class EvictionReporter {
 public:
  struct Options {
    // How long the first digest of a batch waits for others.
    absl::Duration gather_interval = absl::Seconds(1);
    // Digests that wait, with those that are being sent; what comes when it is
    // full is not reported.
    size_t queued_digests_max = 64 * 1024;
    // Of the delays. Attempts end only when the reporter does.
    RetryPolicy retry;
  };

  // `metadata` must outlive it.
  EvictionReporter(ContentIndex& metadata, const Options& options);
  explicit EvictionReporter(ContentIndex& metadata)
      : EvictionReporter(metadata, Options{}) {}
  // Sends what waits. Gives up at the first failure, so it takes no longer than
  // one call that fails.
  ~EvictionReporter();
  EvictionReporter(const EvictionReporter&) = delete;
  EvictionReporter& operator=(const EvictionReporter&) = delete;

  // Does no I/O and never waits. Not called any more once the destructor runs.
  void Report(absl::Span<const Digest> digests);

 private:
  void Run();
  // The next batch; empty when there is nothing more to do.
  std::vector<Digest> AwaitBatch();
  // Drops the sent batch from the queue; without `go_on`, all of it. Answers
  // what was not reported.
  size_t Finish(size_t batch_size, bool sent, bool go_on);

  ContentIndex& metadata_;
  const Options options_;
  StoppableSleeper sleeper_;

  Mutex mutex_;
  CondVar changed_;
  // Also holds the batch that is being sent, at its front.
  std::deque<Digest> queue_ ABSL_GUARDED_BY(mutex_);
  size_t unreported_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::unique_ptr<Thread> thread_;  // Set at construction.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_EVICTION_REPORTER_H_
