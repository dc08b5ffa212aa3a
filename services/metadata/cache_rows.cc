#include "services/metadata/cache_rows.h"

#include <iterator>

#include "services/common/status_macros.h"
#include "services/metadata/garbage.h"
#include "services/metadata/supply.h"
#include "services/metadata/supply_tables.h"
#include "services/metadata/tables.h"
#include "services/metadata/validation.h"

namespace cvr {
namespace {

// First what bytes are served by without an entry. From then on a pull that has
// begun before records nothing that its upstream has not just said.
constexpr Table kTables[] = {Table::kReachability, Table::kDenials,
                             Table::kCacheEntries};

// Whether another entry of the upstream's repository has the digest.
absl::StatusOr<bool> IsKnownElsewhere(const ReadTransaction& transaction,
                                      const v1::CacheEntry& entry,
                                      const Repository& repository,
                                      const Digest& digest) {
  ASSIGN_OR_RETURN(const auto others,
                   tables::CacheEntriesOfDigest(transaction, digest));
  for (const auto& other : others) {
    if (other.upstream_id() != entry.upstream_id()) continue;
    ASSIGN_OR_RETURN(const auto content,
                     ParseRelativePath(other.relative_path()));
    if (content.repository.name() == repository.name()) return true;
  }
  return false;
}

}  // namespace

absl::Status ForgetEntry(WriteTransaction& transaction,
                         const v1::CacheEntry& entry) {
  ASSIGN_OR_RETURN(const auto content,
                   ParseRelativePath(entry.relative_path()));
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(entry.digest()));
  RETURN_IF_ERROR(garbage::DropEntry(transaction, entry));
  tables::DeleteDenial(transaction, entry.upstream_id(), entry.relative_path());
  if (content.is_addressed_by_digest()) {
    return supply::NoteAbsent(transaction, entry.upstream_id(), content);
  }
  if (content.kind != ContentKind::kManifest) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const bool known,
      IsKnownElsewhere(transaction, entry, content.repository, digest));
  if (known) return absl::OkStatus();
  return supply::NoteAbsent(transaction, entry.upstream_id(),
                            content.repository, digest);
}

absl::StatusOr<bool> CacheRemoval::Step(WriteTransaction& transaction,
                                        int rows_max) {
  while (table_ < static_cast<int>(std::size(kTables))) {
    const Table table = kTables[table_];
    ASSIGN_OR_RETURN(
        const int deleted,
        table == Table::kCacheEntries
            ? DropEntries(transaction, rows_max)
            : tables::DeleteRowsOfUpstream(transaction, table, upstream_id_,
                                           rows_max, cursor_));
    if (deleted == rows_max) return true;
    rows_max -= deleted;
    ++table_;
    cursor_.clear();
  }
  return false;
}

absl::StatusOr<int> CacheRemoval::DropEntries(WriteTransaction& transaction,
                                              int rows_max) {
  ASSIGN_OR_RETURN(
      const auto entries,
      tables::NextCacheEntriesOf(transaction, upstream_id_, rows_max, cursor_));
  for (const auto& entry : entries) {
    RETURN_IF_ERROR(garbage::DropEntry(transaction, entry));
    bytes_ += entry.size();
  }
  entries_ += static_cast<int64_t>(entries.size());
  return static_cast<int>(entries.size());
}

}  // namespace cvr
