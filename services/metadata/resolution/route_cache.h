#ifndef SERVICES_METADATA_RESOLUTION_ROUTE_CACHE_H_
#define SERVICES_METADATA_RESOLUTION_ROUTE_CACHE_H_

#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/resolution/upstream_route.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Caches the routes (upstreams in order, with compiled rules) of each registry,
// because every pull needs them and reading them takes several rows.
//
// Coherent: a Get() that starts after Invalidate() has returned never sees data
// from before that call. To guarantee that, routes that were read before an
// invalidation are not kept after it. Invalidate() must be called after a
// commit and before the writer is answered; WatchedMetadataStore does so. Do
// not cache the result of Get() again. Thread-safe.
class RouteCache {
 public:
  // The tables that routes are made from.
  static constexpr Table kTables[] = {Table::kRegistries, Table::kUpstreams,
                                      Table::kRegistryUpstreams};

  // `store` must outlive it.
  explicit RouteCache(const MetadataStore& store) : store_(store) {}

  // Null when there is no such registry. Errors: those of MetadataStore::Read.
  absl::StatusOr<std::shared_ptr<const RegistryRoutes>> Get(
      int64_t registry_id);

  // To be called after every commit that changes kTables, before it is
  // acknowledged.
  void Invalidate();

 private:
  absl::StatusOr<std::shared_ptr<const RegistryRoutes>> Load(
      int64_t registry_id) const;

  const MetadataStore& store_;

  Mutex mutex_;
  // Of existing registries only, so bounded by their number.
  absl::flat_hash_map<int64_t, std::shared_ptr<const RegistryRoutes>> routes_
      ABSL_GUARDED_BY(mutex_);
  uint64_t invalidations_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_ROUTE_CACHE_H_
