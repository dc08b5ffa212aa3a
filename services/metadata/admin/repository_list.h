#ifndef SERVICES_METADATA_ADMIN_REPOSITORY_LIST_H_
#define SERVICES_METADATA_ADMIN_REPOSITORY_LIST_H_

#include "absl/status/statusor.h"
#include "cvr/v1/registry_service.pb.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/resolution/route_cache.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What RegistryService.ListRepositories promises, without the wire. As in the
// catalog that clients see, repositories of upstreams that are disabled, and
// those that an upstream's rules exclude, are left out. Thread-safe.
class RepositoryList {
 public:
  // All must outlive it.
  RepositoryList(MetadataStore& store, RouteCache& routes, PullCounter& pulls)
      : store_(store), routes_(routes), pulls_(pulls) {}

  // Looks at all entries of the repositories that it lists.
  absl::StatusOr<v1::ListRepositoriesResponse> List(
      const v1::ListRepositoriesRequest& request);

 private:
  MetadataStore& store_;
  RouteCache& routes_;
  PullCounter& pulls_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_REPOSITORY_LIST_H_
