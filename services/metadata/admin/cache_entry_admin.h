#ifndef SERVICES_METADATA_ADMIN_CACHE_ENTRY_ADMIN_H_
#define SERVICES_METADATA_ADMIN_CACHE_ENTRY_ADMIN_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/cache_entry_service.pb.h"
#include "services/access/caller.h"
#include "services/common/limits.h"
#include "services/concurrency/clock.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What CacheEntryService promises, without the wire. Thread-safe.
class CacheEntryAdmin {
 public:
  // All must outlive it.
  CacheEntryAdmin(
      MetadataStore& store, PullCounter& downloads, const Clock& clock,
      int64_t entries_per_upstream_max = limits::kEntriesPerUpstreamDefault)
      : store_(store),
        downloads_(downloads),
        clock_(clock),
        entries_per_upstream_max_(entries_per_upstream_max) {}

  // Without `upstream_checked_at` it counts as checked now.
  absl::StatusOr<v1::CacheEntry> Create(
      const v1::CreateCacheEntryRequest& request);
  // With every download that was counted before the call.
  absl::StatusOr<v1::CacheEntry> Get(const v1::GetCacheEntryRequest& request);
  // Those that the caller may see.
  absl::StatusOr<v1::ListCacheEntriesResponse> List(
      const v1::ListCacheEntriesRequest& request, const Caller& caller);
  absl::StatusOr<v1::CacheEntry> Update(
      const v1::UpdateCacheEntryRequest& request);
  absl::Status Delete(const v1::DeleteCacheEntryRequest& request);

 private:
  absl::StatusOr<v1::ListCacheEntriesResponse> ListNewestFirst(
      const v1::ListCacheEntriesRequest& request, const Caller& caller);

  MetadataStore& store_;
  PullCounter& downloads_;
  const Clock& clock_;
  const int64_t entries_per_upstream_max_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_CACHE_ENTRY_ADMIN_H_
