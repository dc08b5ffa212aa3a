#ifndef SERVICES_METADATA_ADMIN_CACHE_ADMIN_H_
#define SERVICES_METADATA_ADMIN_CACHE_ADMIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/operation.pb.h"
#include "google/protobuf/any.pb.h"
#include "services/access/caller.h"
#include "services/metadata/operations/operations.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/resolution/refresh_queue.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cache.pb.h"

namespace cvr {

// What CacheService promises, without the wire: nothing of what is purged is
// served from the moment that a purge is committed. DESIGN.md, "Purging".
// Thread-safe.
class CacheAdmin {
 public:
  // Of the operations that it starts. Remove() works on both.
  static constexpr char kPurgeUpstream[] = "CacheService.PurgeUpstreamCache";
  static constexpr char kPurgeRegistry[] = "CacheService.PurgeRegistryCache";

  // All must outlive it.
  CacheAdmin(MetadataStore& store, PullCounter& pulls, RefreshQueue& refreshes,
             Sweeper& sweeper, Operations& operations)
      : store_(store),
        pulls_(pulls),
        refreshes_(refreshes),
        sweeper_(sweeper),
        operations_(operations) {}

  // What is recorded of the upstream while the call counts what there is, is
  // purged, but not counted.
  absl::StatusOr<v1::Operation> PurgeUpstream(
      const v1::PurgeUpstreamCacheRequest& request, const Caller& caller);
  // Purges all of the upstreams in one transaction, or none when `caller` may
  // not manage one of them. Errors: PERMISSION_DENIED (reason DENIED).
  absl::StatusOr<v1::Operation> PurgeRegistry(
      const v1::PurgeRegistryCacheRequest& request, const Caller& caller);

  // Deletes the rows of a purge, in transactions of bounded size, so that
  // others write meanwhile: what the operation `run` is to do. Cancelled or
  // failed, it leaves the rest to the Sweeper. Errors: CANCELLED; those of
  // tables.h.
  absl::StatusOr<google::protobuf::Any> Remove(OperationRun& run);

  // Purges an upstream in a transaction that replaces its row (purges::Begin):
  // to be called after the commit, so that nothing of it is refreshed ahead and
  // the rows are deleted.
  void NotePurged(int64_t upstream_id);

  // Of what the caller may see. Looks at all of its entries.
  absl::StatusOr<v1::GetCacheStatsResponse> Stats(
      const v1::GetCacheStatsRequest& request, const Caller& caller);

 private:
  // Which upstreams a purge is about, by id.
  struct Scope {
    std::string group;
    std::vector<int64_t> upstreams;
  };
  using FindScope =
      absl::FunctionRef<absl::StatusOr<Scope>(const ReadTransaction&)>;

  absl::StatusOr<v1::Operation> Purge(NewOperation operation,
                                      bool validate_only, FindScope find);
  absl::Status RemoveTarget(const stored::PurgeTask::Target& target,
                            OperationRun& run,
                            v1::Operation::Progress& progress);

  MetadataStore& store_;
  PullCounter& pulls_;
  RefreshQueue& refreshes_;
  Sweeper& sweeper_;
  Operations& operations_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_CACHE_ADMIN_H_
