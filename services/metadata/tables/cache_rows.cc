#include "services/metadata/tables/cache_rows.h"

#include <iterator>

#include "services/common/content.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables/garbage.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/reachability.h"
#include "services/metadata/tables/reachability_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

// First what bytes are served by without an entry.
constexpr Table kTables[] = {Table::kReachability, Table::kNegativeEntries,
                             Table::kCacheEntries, Table::kReachabilityLinks,
                             Table::kUnlinks};

// Of an entry about a dozen rows are touched: those of its indexes, what counts
// them, whose the bytes were, and whether its digest becomes garbage.
constexpr int kEntriesPerStep = limits::kRowsPerTransaction / 12;

// Whether another entry of the upstream's repository has the digest.
absl::StatusOr<bool> IsKnownElsewhere(const ReadTransaction& transaction,
                                      const stored::CacheEntry& entry,
                                      const Repository& repository,
                                      const Digest& digest) {
  ASSIGN_OR_RETURN(const int64_t mark,
                   purges::MarkOf(transaction, entry.upstream_id()));
  for (const auto kind : {ContentKind::kManifest, ContentKind::kBlob}) {
    const ContentRef any = {repository, Reference(digest), kind};
    const std::string path = any.RelativePath();
    ASSIGN_OR_RETURN(const bool found,
                     tables::HasCacheEntryOfDigest(
                         transaction, digest, entry.upstream_id(),
                         path.substr(0, path.rfind('/') + 1), mark));
    if (found) return true;
  }
  return false;
}

}  // namespace

absl::Status ForgetEntry(WriteTransaction& transaction,
                         const stored::CacheEntry& entry) {
  ASSIGN_OR_RETURN(const auto content,
                   ParseRelativePath(entry.relative_path()));
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(entry.digest()));
  RETURN_IF_ERROR(garbage::DropEntry(transaction, entry));
  RETURN_IF_ERROR(tables::DeleteNegativeEntry(transaction, entry.upstream_id(),
                                              entry.relative_path()));
  if (content.is_addressed_by_digest()) {
    return reachability::NoteAbsent(transaction, entry.upstream_id(), content);
  }
  if (content.kind != ContentKind::kManifest) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const bool known,
      IsKnownElsewhere(transaction, entry, content.repository, digest));
  if (known) return absl::OkStatus();
  return reachability::NoteAbsent(transaction, entry.upstream_id(),
                                  content.repository, digest);
}

absl::StatusOr<bool> CacheRemoval::Step(WriteTransaction& transaction) {
  // One table at a time, so that the bound is that of one.
  ASSIGN_OR_RETURN(const bool more, Drop(transaction));
  if (more) return true;
  cursor_.clear();
  if (++table_ < static_cast<int>(std::size(kTables))) return true;
  RETURN_IF_ERROR(purges::NoteRemoved(transaction, upstream_id_, purge_mark_));
  return false;
}

absl::StatusOr<bool> CacheRemoval::Drop(WriteTransaction& transaction) {
  const bool is_deleted = purge_mark_ == purges::kAll;
  switch (const Table table = kTables[table_]) {
    case Table::kReachability:
      return reachability::DeletePurged(transaction, upstream_id_, purge_mark_,
                                        cursor_);
    case Table::kNegativeEntries:
      return tables::DeletePurgedNegativeEntries(
          transaction, upstream_id_, purge_mark_, limits::kRowsPerTransaction,
          cursor_);
    case Table::kCacheEntries:
      return DropEntries(transaction);
    case Table::kReachabilityLinks:
      return is_deleted ? DropRows(transaction, table)
                        : reachability::DeleteStaleLinks(transaction,
                                                         upstream_id_, cursor_);
    default:
      // The Sweeper ends what was begun, also for an upstream that was purged.
      return is_deleted ? DropRows(transaction, table) : false;
  }
}

absl::StatusOr<bool> CacheRemoval::DropEntries(WriteTransaction& transaction) {
  ASSIGN_OR_RETURN(const auto entries,
                   tables::NextCacheEntriesOf(transaction, upstream_id_,
                                              kEntriesPerStep, cursor_));
  for (const auto& entry : entries) {
    if (!purges::IsPurged(entry, purge_mark_)) continue;
    RETURN_IF_ERROR(garbage::DropPurgedEntry(transaction, entry));
    bytes_ += entry.size();
    ++entries_;
  }
  return static_cast<int>(entries.size()) == kEntriesPerStep;
}

absl::StatusOr<bool> CacheRemoval::DropRows(WriteTransaction& transaction,
                                            Table table) {
  ASSIGN_OR_RETURN(
      const int deleted,
      tables::DeleteRowsOfUpstream(transaction, table, upstream_id_,
                                   limits::kRowsPerTransaction, cursor_));
  return deleted == limits::kRowsPerTransaction;
}

}  // namespace cvr
