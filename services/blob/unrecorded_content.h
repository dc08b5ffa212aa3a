#ifndef SERVICES_BLOB_UNRECORDED_CONTENT_H_
#define SERVICES_BLOB_UNRECORDED_CONTENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "services/blob/late_records.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/retry_loop.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/pull_metadata.h"

namespace cvr {

// A PullMetadata that passes everything on, and keeps records that have failed.
// If the service gives no answer, since it restarts, the record counts as made
// and is sent again until there is an answer, so that downloads of that time
// are not lost. Of records that failed otherwise the digests are remembered:
// the upstream was deleted, purged or changed during the download, or the
// service's disk is full. There may be no cache entry for their bytes, so
// BlobReconciler looks at them. Thread-safe.
class UnrecordedContent : public PullMetadata {
 public:
  // Further ones are left to the BlobReconciler.
  static constexpr size_t kDigestsMax = 4096;

  // `metadata` must outlive it. Late records are tried again so often.
  explicit UnrecordedContent(
      PullMetadata& metadata,
      absl::Duration retry_interval = absl::Milliseconds(250));
  // May take as long as a record.
  ~UnrecordedContent() override;

  // Takes up to `max` of them.
  std::vector<Digest> Take(size_t max);
  // They are still to be looked at.
  void PutBack(const std::vector<Digest>& digests);

  absl::StatusOr<UpstreamAccess> GetUpstreamAccess(
      int64_t upstream_id) override;
  absl::StatusOr<std::vector<int64_t>> FindPossessing(
      const Digest& digest, absl::Span<const int64_t> identities) override;
  absl::Status Record(const CacheRecord& record) override;
  absl::Status Touch(const UpstreamEpoch& upstream, const ContentRef& content,
                     const Digest& digest, bool counts_as_pull) override;
  absl::Status RecordNegativeAnswer(const UpstreamEpoch& upstream,
                                    const ContentRef& content,
                                    NegativeAnswer negative_answer) override;

 private:
  void Note(const Digest& digest);
  void RecordLate();

  PullMetadata& metadata_;
  const absl::Duration retry_interval_;
  LateRecords late_;
  StoppableSleeper sleeper_;

  Mutex mutex_;
  absl::flat_hash_set<Digest> digests_ ABSL_GUARDED_BY(mutex_);
  std::optional<Thread> recording_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_UNRECORDED_CONTENT_H_
