#ifndef SERVICES_METADATA_RESOLUTION_LOCAL_RESOLVER_H_
#define SERVICES_METADATA_RESOLUTION_LOCAL_RESOLVER_H_

#include <vector>

#include "services/concurrency/clock.h"
#include "services/metadata/api/resolver.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/resolution/refresh_queue.h"
#include "services/metadata/resolution/route_cache.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// The Resolver itself: answers from the store. DESIGN.md, "Resolution".
class LocalResolver : public Resolver {
 public:
  // All must outlive it.
  LocalResolver(const MetadataStore& store, RouteCache& routes,
                PullCounter& pulls, RefreshQueue& refreshes, const Clock& clock)
      : store_(store),
        routes_(routes),
        pulls_(pulls),
        refreshes_(refreshes),
        clock_(clock) {}

  // Errors besides those of Resolver: DATA_LOSS when a row is damaged.
  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override;
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller& caller, int64_t registry_id,
      const CachedRepository& start_after, int max) override;
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view path) override;

 private:
  // `caller` as what it is restricted to is now: an access token loses the
  // registries that are deleted, and what was issued for it must not open a
  // later one that has such an id.
  absl::StatusOr<Caller> AsOfNow(const Caller& caller) const;

  const MetadataStore& store_;
  RouteCache& routes_;
  PullCounter& pulls_;
  RefreshQueue& refreshes_;
  const Clock& clock_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_LOCAL_RESOLVER_H_
