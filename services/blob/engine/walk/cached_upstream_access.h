#ifndef SERVICES_BLOB_ENGINE_WALK_CACHED_UPSTREAM_ACCESS_H_
#define SERVICES_BLOB_ENGINE_WALK_CACHED_UPSTREAM_ACCESS_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/upstream_access_source.h"
#include "services/policy/upstream_access.h"

namespace cvr {

// How to reach upstreams, credentials included: asks the metadata service once
// for each version of an upstream, instead of before every request to it. With
// three processes each question is a call that carries secrets.
//
// A plan names the version of each of its upstreams, and only what has that
// very version and epoch is reused for it. So the first pull that is resolved
// after a change of a password uses the new one. A plan from before the change
// may go on with the old credentials for limits::kCachedAccessSeconds at most,
// as if it had been executed at once: what it brings is delivered to the old
// identity, and the metadata service records nothing of it (see
// UpstreamEpoch). DownloadWatch ends downloads of upstreams that were changed
// or are gone.
//
// Bounded by limits::kCachedAccessesMax and limits::kCachedAccessBytesMax; the
// least recently used are dropped. Secrets are wiped when the last user of a
// dropped one is done with it. Errors are never kept. Thread-safe.
class CachedUpstreamAccess {
 public:
  // Both must outlive it.
  CachedUpstreamAccess(UpstreamAccessSource& metadata, const Clock& clock)
      : metadata_(metadata), clock_(clock) {}

  // How to reach the upstream. `version` is Candidate::upstream_version of the
  // plan; 0 = not known, so that the metadata service is asked. What is
  // answered may be newer than the plan: see CheckIdentity(). Never null.
  // Errors: as UpstreamAccessSource::GetUpstreamAccess().
  absl::StatusOr<std::shared_ptr<const UpstreamAccess>> Get(
      const UpstreamEpoch& upstream, int64_t version);

 private:
  struct Entry {
    std::shared_ptr<const UpstreamAccess> access;
    size_t bytes = 0;
    absl::Time fetched_at;
    uint64_t used_at = 0;  // Of uses_.
  };

  std::shared_ptr<const UpstreamAccess> Find(const UpstreamEpoch& upstream,
                                             int64_t version);
  void Keep(const std::shared_ptr<const UpstreamAccess>& access);
  void DropExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropLeastRecentlyUsed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t TotalBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  UpstreamAccessSource& metadata_;
  const Clock& clock_;

  Mutex mutex_;
  uint64_t uses_ ABSL_GUARDED_BY(mutex_) = 0;
  // By id of the upstream: of each only the version that came last.
  absl::flat_hash_map<int64_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_CACHED_UPSTREAM_ACCESS_H_
