#include "services/metadata/tables/purge_mark.h"

#include "services/common/status_macros.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/possession.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_epoch.h"

namespace cvr::purges {

absl::StatusOr<int64_t> MarkOf(const ReadTransaction& transaction,
                               int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto row,
                   tables::FindUpstream(transaction, upstream_id));
  return row ? MarkOf(*row) : 0;
}

absl::Status Begin(WriteTransaction& transaction, stored::Upstream& row) {
  // An id that no entry has: marks rise also when nothing is recorded between
  // two purges.
  ASSIGN_OR_RETURN(const int64_t mark,
                   tables::NextId(transaction, tables::kCacheEntryIds));
  row.set_purged_through_entry_id(mark);
  epochs::MoveCacheEpoch(row);
  RETURN_IF_ERROR(possession::Renew(transaction, row));
  tables::PutRemoval(transaction, row.upstream().id());
  return absl::OkStatus();
}

absl::Status NoteRemoved(WriteTransaction& transaction, int64_t upstream_id,
                         int64_t mark) {
  ASSIGN_OR_RETURN(const auto row,
                   tables::FindUpstream(transaction, upstream_id));
  if (mark == kAll) {
    tables::DeleteRowCount(transaction, upstream_id);
  } else if (!row || MarkOf(*row) != mark) {
    return absl::OkStatus();
  }
  tables::DeleteRemoval(transaction, upstream_id);
  return absl::OkStatus();
}

absl::StatusOr<bool> PurgeMarks::IsPurged(const stored::CacheEntry& entry) {
  const auto known = marks_.find(entry.upstream_id());
  if (known != marks_.end()) return purges::IsPurged(entry, known->second);
  ASSIGN_OR_RETURN(const auto row,
                   tables::FindUpstream(transaction_, entry.upstream_id()));
  const int64_t mark = row ? MarkOf(*row) : kAll;
  marks_[entry.upstream_id()] = mark;
  return purges::IsPurged(entry, mark);
}

}  // namespace cvr::purges
