#include "services/metadata/tables/upstream_epoch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables/tables.h"

namespace cvr::epochs {

int64_t CacheEpochOf(const stored::Upstream& row) {
  return std::max<int64_t>(row.cache_epoch(), 1);
}

void MoveCacheEpoch(stored::Upstream& row) {
  row.set_cache_epoch(CacheEpochOf(row) + 1);
}

absl::Status MoveCacheEpoch(WriteTransaction& transaction,
                            int64_t upstream_id) {
  ASSIGN_OR_RETURN(auto row, tables::FindUpstream(transaction, upstream_id));
  if (!row) return absl::OkStatus();
  MoveCacheEpoch(*row);
  tables::PutUpstream(transaction, *row);
  return absl::OkStatus();
}

void MoveAccessEpoch(stored::Upstream& row) {
  MoveCacheEpoch(row);
  row.set_access_epoch(row.cache_epoch());
}

absl::StatusOr<stored::Upstream> Require(const ReadTransaction& transaction,
                                         const UpstreamEpoch& upstream) {
  const int64_t id = upstream.upstream_id;
  ASSIGN_OR_RETURN(auto row, tables::FindUpstream(transaction, id));
  if (!row) return errors::NoSuch("upstream", absl::StrCat(id));
  if (upstream.cache_epoch == CacheEpochOf(*row)) return *std::move(row);
  return absl::AbortedError(
      absl::StrCat("upstream ", id, " was purged or changed meanwhile"));
}

absl::StatusOr<bool> IsWithdrawn(const ReadTransaction& transaction,
                                 const UpstreamEpoch& upstream) {
  ASSIGN_OR_RETURN(const auto row,
                   tables::FindUpstream(transaction, upstream.upstream_id));
  return !row || row->upstream().disabled() ||
         upstream.cache_epoch < std::max<int64_t>(row->access_epoch(), 1);
}

}  // namespace cvr::epochs
