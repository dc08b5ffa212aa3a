#ifndef GATEWAY_REGISTRY_ACTIVE_STREAMS_H_
#define GATEWAY_REGISTRY_ACTIVE_STREAMS_H_

#include <memory>

#include "absl/container/flat_hash_set.h"
#include "services/blob/api/content_source.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Tracks the content streams from which responses are being sent, so that a
// shutdown can cancel those that are still blocked after the drain timeout.
// Without it, one slow client could keep the process from stopping. Must
// outlive the streams that it wraps. Thread-safe.
class ActiveStreams {
 public:
  ActiveStreams() = default;
  ~ActiveStreams();
  ActiveStreams(const ActiveStreams&) = delete;
  ActiveStreams& operator=(const ActiveStreams&) = delete;

  // `stream`, known here until it is destroyed.
  std::unique_ptr<ContentStream> Track(std::unique_ptr<ContentStream> stream);

  // Cancels all of them, and every later one at once.
  void CancelAll();

 private:
  class Tracked;

  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<ContentStream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_ACTIVE_STREAMS_H_
