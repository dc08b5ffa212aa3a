#ifndef SERVICES_METADATA_ADMIN_CACHE_ADMIN_H_
#define SERVICES_METADATA_ADMIN_CACHE_ADMIN_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/cache_service.pb.h"
#include "services/access/caller.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/resolution/refresh_queue.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What CacheService promises, without the wire. Thread-safe.
class CacheAdmin {
 public:
  // All must outlive it.
  CacheAdmin(MetadataStore& store, PullCounter& downloads,
             RefreshQueue& refreshes)
      : store_(store), downloads_(downloads), refreshes_(refreshes) {}

  // In transactions of bounded size, so other writers go on meanwhile. When the
  // call fails, some of it may be gone.
  absl::StatusOr<v1::PurgeResult> PurgeUpstream(
      const v1::PurgeUpstreamCacheRequest& request);
  // Purges one upstream after the other, or none when `caller` may not manage
  // one of them. Errors: PERMISSION_DENIED (reason DENIED).
  absl::StatusOr<v1::PurgeResult> PurgeRegistry(
      const v1::PurgeRegistryCacheRequest& request, const Caller& caller);

  // Of what the caller may see. Looks at all of its entries.
  absl::StatusOr<v1::CacheStats> Stats(const v1::GetCacheStatsRequest& request,
                                       const Caller& caller);

 private:
  // Adds to `result`.
  absl::Status Purge(int64_t upstream_id, v1::PurgeResult& result);

  MetadataStore& store_;
  PullCounter& downloads_;
  RefreshQueue& refreshes_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_CACHE_ADMIN_H_
