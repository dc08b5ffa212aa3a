#ifndef SERVICES_METADATA_TABLES_UPSTREAM_EPOCH_H_
#define SERVICES_METADATA_TABLES_UPSTREAM_EPOCH_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/metadata/api/resolver.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_upstream.pb.h"

// The epochs of upstreams: DESIGN.md, "Epochs". Errors: those of tables.h.
namespace cvr::epochs {

// That of a row, from 1.
int64_t CacheEpochOf(const stored::Upstream& row);

// What was found out before is not recorded any more.
void MoveCacheEpoch(stored::Upstream& row);
// The same of an upstream, if it is there.
absl::Status MoveCacheEpoch(WriteTransaction& transaction, int64_t upstream_id);

// Besides, nothing may be got from the upstream as it was before.
void MoveAccessEpoch(stored::Upstream& row);

// The upstream's row, if `upstream` is as it is now. Errors: NOT_FOUND when it
// is gone, ABORTED when its epoch is another.
absl::StatusOr<stored::Upstream> Require(const ReadTransaction& transaction,
                                         const UpstreamEpoch& upstream);

// Whether nothing may be got any more from the upstream as it was then.
absl::StatusOr<bool> IsWithdrawn(const ReadTransaction& transaction,
                                 const UpstreamEpoch& upstream);

}  // namespace cvr::epochs

#endif  // SERVICES_METADATA_TABLES_UPSTREAM_EPOCH_H_
