#include "services/metadata/resolution/route_cache.h"

#include <utility>

#include "services/common/status_macros.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
absl::StatusOr<std::shared_ptr<const RegistryRoutes>> RouteCache::Get(
    int64_t registry_id) {
  uint64_t invalidations_before = 0;
  {
    MutexLock lock(&mutex_);
    const auto it = routes_.find(registry_id);
    if (it != routes_.end()) return it->second;
    invalidations_before = invalidations_;
  }
  ASSIGN_OR_RETURN(auto routes, Load(registry_id));
  if (routes == nullptr) return routes;
  MutexLock lock(&mutex_);
  if (invalidations_ == invalidations_before) routes_[registry_id] = routes;
  return routes;
}

void RouteCache::Invalidate() {
  MutexLock lock(&mutex_);
  ++invalidations_;
  routes_.clear();
}

absl::StatusOr<std::shared_ptr<const RegistryRoutes>> RouteCache::Load(
    int64_t registry_id) const {
  using Result = std::shared_ptr<const RegistryRoutes>;
  return ReadValue<Result>(
      store_,
      [&](const ReadTransaction& transaction) -> absl::StatusOr<Result> {
        ASSIGN_OR_RETURN(const auto registry,
                         tables::FindRegistry(transaction, registry_id));
        if (!registry) return nullptr;
        ASSIGN_OR_RETURN(const auto attachments,
                         tables::Attachments(transaction, registry_id));
        auto routes = std::make_shared<RegistryRoutes>();
        routes->group = registry->group();
        routes->anonymous_pull = registry->anonymous_pull();
        for (const auto& attachment : attachments) {
          ASSIGN_OR_RETURN(
              const auto row,
              tables::FindUpstream(transaction, attachment.upstream_id()));
          if (!row) continue;
          ASSIGN_OR_RETURN(auto route, UpstreamRoute::To(*row));
          routes->upstreams.push_back(std::move(route));
        }
        return routes;
      });
}

}  // namespace cvr
