#ifndef SERVICES_BLOB_BLOB_RECONCILER_H_
#define SERVICES_BLOB_BLOB_RECONCILER_H_

#include <cstddef>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/blob/store/blob_store.h"
#include "services/blob/unrecorded_content.h"
#include "services/common/digest.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/periodic_thread.h"
#include "services/metadata/api/content_index.h"

namespace cvr {

// Deletes stored bytes that no cache entry points at: entries that the metadata
// service has deleted, that were never created (a download whose record failed,
// a crash between storing and recording), or that were lost with its disk. It
// checks all stored blobs when it starts and then at long intervals, page by
// page; and digests whose record has failed more often. Blobs that are young,
// are being fetched or have an entry are not deleted. If a blob is deleted just
// before it is recorded, the next pull is a miss; readers of the blob are not
// interrupted. Thread-safe.
class BlobReconciler {
 public:
  struct Options {
    // Between two walks through all that is stored.
    absl::Duration interval = absl::Hours(24);
    // Between two looks at what could not be recorded, and after a failure.
    absl::Duration retry_interval = absl::Seconds(5);
    // Bytes that were stored or used so lately are left alone by a walk: their
    // entry may be on its way.
    absl::Duration grace = absl::Hours(1);
    // Digests that are looked at together: 1 to limits::kForgottenDigestsMax.
    int page_size = 256;
  };

  // `is_in_use` tells whether a blob is being fetched; from any thread. All
  // must outlive it. Does nothing by itself before Start().
  BlobReconciler(const Options& options, ContentIndex& metadata,
                 UnrecordedContent& unrecorded, BlobStore& store,
                 std::function<bool(const Digest&)> is_in_use,
                 const Clock& clock = Clock::Real());
  // Waits for the page in work.
  ~BlobReconciler() = default;
  BlobReconciler(const BlobReconciler&) = delete;
  BlobReconciler& operator=(const BlobReconciler&) = delete;

  // Works on a thread of its own from now on. Call at most once.
  void Start() { thread_.Start(absl::ZeroDuration()); }
  // Begins nothing more. Does not wait. Idempotent.
  void Stop() { thread_.Stop(); }

  // Each answers how many blobs it has deleted. Errors: those of the store and
  // of the metadata service; what was not looked at is so the next time.
  absl::StatusOr<size_t> WalkAll();
  absl::StatusOr<size_t> LookAtUnrecorded();

 private:
  void RunOnce();
  absl::StatusOr<size_t> DeleteUnreferenced(std::vector<Digest> digests);

  const Options options_;
  ContentIndex& metadata_;
  UnrecordedContent& unrecorded_;
  BlobStore& store_;
  const std::function<bool(const Digest&)> is_in_use_;
  const Clock& clock_;

  // Of the thread alone.
  std::optional<SteadyDeadline> next_walk_;  // None: it is due.
  bool has_failed_ = false;                  // The last walk.

  PeriodicThread thread_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_BLOB_RECONCILER_H_
