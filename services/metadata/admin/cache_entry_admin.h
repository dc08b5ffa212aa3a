#ifndef SERVICES_METADATA_ADMIN_CACHE_ENTRY_ADMIN_H_
#define SERVICES_METADATA_ADMIN_CACHE_ENTRY_ADMIN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/cache_entry_service.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/clock.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What CacheEntryService promises, without the wire. Entries that are purged do
// not exist. Thread-safe.
class CacheEntryAdmin {
 public:
  // All must outlive it.
  CacheEntryAdmin(MetadataStore& store, PullCounter& pulls, const Clock& clock)
      : store_(store), pulls_(pulls), clock_(clock) {}

  // With every pull that was counted before the call.
  absl::StatusOr<v1::CacheEntry> Get(const v1::GetCacheEntryRequest& request);
  // Those that the caller may see.
  absl::StatusOr<v1::ListCacheEntriesResponse> List(
      const v1::ListCacheEntriesRequest& request, const Caller& caller);
  // Pulls that have begun may still be answered by what was fresh to them.
  absl::StatusOr<v1::ExpireCacheEntryResponse> Expire(
      const v1::ExpireCacheEntryRequest& request);
  absl::Status Delete(const v1::DeleteCacheEntryRequest& request);
  // Checks all entries, then deletes them in transactions of bounded size: an
  // error of the store in between leaves those that were not deleted yet.
  absl::StatusOr<v1::BatchDeleteCacheEntriesResponse> BatchDelete(
      const v1::BatchDeleteCacheEntriesRequest& request);

 private:
  // A list's request, as its lists share it.
  struct Query;

  absl::StatusOr<v1::ListCacheEntriesResponse> ListById(const Query& query);
  absl::StatusOr<v1::ListCacheEntriesResponse> ListYoungestFirst(
      const Query& query);

  MetadataStore& store_;
  PullCounter& pulls_;
  const Clock& clock_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_CACHE_ENTRY_ADMIN_H_
