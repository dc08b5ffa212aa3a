#ifndef SERVICES_METADATA_TABLES_PURGE_MARK_H_
#define SERVICES_METADATA_TABLES_PURGE_MARK_H_

#include <cstdint>
#include <limits>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cache.pb.h"
#include "services/metadata/store/stored_upstream.pb.h"

// Purges take effect with one row: an upstream has a purge mark, a number that
// each purge makes greater than the id of every cache entry so far. Whatever
// bears an earlier number is purged, as if it were not there; its rows are
// deleted later (CacheRemoval). DESIGN.md, "Purging". Errors: those of
// tables.h.
namespace cvr::purges {

// The mark of an upstream that is deleted: all of its rows are purged.
inline constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

// The upstream's purge mark; 0 = it was never purged.
inline int64_t MarkOf(const stored::Upstream& row) {
  return row.purged_through_entry_id();
}
// The same by id; 0 also when there is no such upstream.
absl::StatusOr<int64_t> MarkOf(const ReadTransaction& transaction,
                               int64_t upstream_id);

// Whether rows of an upstream with that mark are purged.
inline bool IsPurged(const stored::CacheEntry& entry, int64_t mark) {
  return entry.id() <= mark;
}
inline bool IsPurged(const stored::Reachability& row, int64_t mark) {
  return row.purge_mark() < mark;
}
inline bool IsPurged(const stored::NegativeEntry& row, int64_t mark) {
  return row.purge_mark() < mark;
}

// Purges everything that is cached of the upstream of `row`, which must be put
// by the caller: cache entries, what is reachable, negative answers, and which
// bytes its own credentials possess. Its cache epoch moves. The rows are left
// to be deleted: wake the Sweeper after the commit, or run a CacheRemoval.
absl::Status Begin(WriteTransaction& transaction, stored::Upstream& row);

// The rows of the upstream that `mark` has purged are deleted: nothing is left
// to do, unless it was purged again or deleted meanwhile.
absl::Status NoteRemoved(WriteTransaction& transaction, int64_t upstream_id,
                         int64_t mark);

// Tells which entries are purged, for scans over many upstreams; those of an
// upstream that is deleted are. For one transaction, which must outlive it.
class PurgeMarks {
 public:
  explicit PurgeMarks(const ReadTransaction& transaction)
      : transaction_(transaction) {}

  absl::StatusOr<bool> IsPurged(const stored::CacheEntry& entry);

 private:
  const ReadTransaction& transaction_;
  // By upstream: those that were read so far.
  absl::flat_hash_map<int64_t, int64_t> marks_;
};

}  // namespace cvr::purges

#endif  // SERVICES_METADATA_TABLES_PURGE_MARK_H_
