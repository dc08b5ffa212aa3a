#include <string>
#include <utility>
#include <vector>

#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/possession_tables.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/table_rows.h"
#include "services/metadata/tables/tables.h"

// Cache entries, of tables.h.
namespace cvr::tables {
namespace {

// Purged entries of one digest that a search passes: a write must be short.
constexpr int kPurgedPassedMax = 16;

// The key after which a scan of ids goes on; 0 = from the start.
std::string AfterId(int64_t id) { return id == 0 ? "" : IdKey(id); }

std::string EntryDigestKey(absl::string_view digest,
                           absl::string_view entry_key) {
  return KeyBuilder().String(digest).Rest(entry_key).Build();
}

// The entries whose keys begin with `prefix`, without those that are purged.
absl::Status VisitLive(
    const ReadTransaction& transaction, absl::string_view prefix,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CacheEntry&)>
        visitor) {
  purges::PurgeMarks marks(transaction);
  return transaction.Scan(
      Table::kCacheEntries, prefix, "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto entry, Parse<stored::CacheEntry>(
                                               Table::kCacheEntries, value));
        ASSIGN_OR_RETURN(const bool is_purged, marks.IsPurged(entry));
        return is_purged ? true : visitor(entry);
      });
}

absl::Status CountEntries(WriteTransaction& transaction,
                          const stored::CacheEntry& entry, int added) {
  stored::UpstreamRows rows;
  rows.set_entries(added);
  return CountRows(transaction, entry.upstream_id(), rows);
}

}  // namespace

absl::StatusOr<std::optional<stored::CacheEntry>> FindCacheEntry(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::string_view relative_path) {
  if (upstream_id <= 0) return std::nullopt;
  return Find<stored::CacheEntry>(transaction, Table::kCacheEntries,
                                  EntryKey(upstream_id, relative_path));
}

absl::StatusOr<std::optional<stored::CacheEntry>> FindCacheEntryById(
    const ReadTransaction& transaction, int64_t id) {
  if (id <= 0) return std::nullopt;
  ASSIGN_OR_RETURN(const auto key,
                   transaction.Get(Table::kCacheEntryIds, IdKey(id)));
  if (!key) return std::nullopt;
  ASSIGN_OR_RETURN(auto entry, Find<stored::CacheEntry>(
                                   transaction, Table::kCacheEntries, *key));
  if (!entry) return std::nullopt;
  ASSIGN_OR_RETURN(const int64_t mark,
                   purges::MarkOf(transaction, entry->upstream_id()));
  if (purges::IsPurged(*entry, mark)) return std::nullopt;
  return entry;
}

absl::Status VisitCacheEntries(
    const ReadTransaction& transaction, int64_t upstream_id,
    int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CacheEntry&)>
        visitor) {
  purges::PurgeMarks marks(transaction);
  return transaction.Scan(
      Table::kCacheEntryIds, "", AfterId(start_after),
      [&](absl::string_view, absl::string_view key) -> absl::StatusOr<bool> {
        int64_t owner = 0;
        if (!KeyReader(key).Int(owner)) return Damaged(Table::kCacheEntryIds);
        if (upstream_id != 0 && owner != upstream_id) return true;
        ASSIGN_OR_RETURN(
            const auto entry,
            Find<stored::CacheEntry>(transaction, Table::kCacheEntries, key));
        if (!entry) return Damaged(Table::kCacheEntryIds);
        ASSIGN_OR_RETURN(const bool is_purged, marks.IsPurged(*entry));
        return is_purged ? true : visitor(*entry);
      });
}

absl::Status VisitCacheEntriesByPath(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CacheEntry&)>
        visitor) {
  return VisitLive(transaction, upstream_id == 0 ? "" : IdKey(upstream_id),
                   visitor);
}

absl::Status VisitCacheEntriesAt(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::string_view path_prefix,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CacheEntry&)>
        visitor) {
  return VisitLive(transaction, EntryKey(upstream_id, path_prefix), visitor);
}

absl::StatusOr<std::vector<stored::CacheEntry>> NextCacheEntriesOfDigest(
    const ReadTransaction& transaction, const Digest& digest, int max,
    std::string& cursor) {
  std::vector<stored::CacheEntry> entries;
  const std::string prefix = EntryDigestKey(digest.ToString(), "");
  std::string last = cursor;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kCacheEntryDigests, prefix, cursor,
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(auto entry, Find<stored::CacheEntry>(
                                         transaction, Table::kCacheEntries,
                                         key.substr(prefix.size())));
        if (!entry) return Damaged(Table::kCacheEntryDigests);
        entries.push_back(*std::move(entry));
        last = std::string(key);
        return static_cast<int>(entries.size()) < max;
      }));
  cursor = last;
  return entries;
}

absl::StatusOr<bool> HasCacheEntryOfDigest(const ReadTransaction& transaction,
                                           const Digest& digest,
                                           int64_t upstream_id,
                                           absl::string_view path_prefix,
                                           int64_t purge_mark) {
  bool found = false;
  int purged_left = kPurgedPassedMax;
  const std::string prefix = EntryDigestKey(digest.ToString(), "");
  RETURN_IF_ERROR(transaction.Scan(
      Table::kCacheEntryDigests,
      EntryDigestKey(digest.ToString(), EntryKey(upstream_id, path_prefix)), "",
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        if (purge_mark > 0) {
          ASSIGN_OR_RETURN(
              const auto entry,
              Find<stored::CacheEntry>(transaction, Table::kCacheEntries,
                                       key.substr(prefix.size())));
          if (!entry) return Damaged(Table::kCacheEntryDigests);
          if (purges::IsPurged(*entry, purge_mark)) return --purged_left > 0;
        }
        found = true;
        return false;
      }));
  return found;
}

absl::Status PutCacheEntry(WriteTransaction& transaction,
                           absl::string_view digest_before,
                           const stored::CacheEntry& entry) {
  const std::string key = EntryKey(entry.upstream_id(), entry.relative_path());
  transaction.Put(Table::kCacheEntries, key, entry.SerializeAsString());
  transaction.Put(Table::kCacheEntryIds, IdKey(entry.id()), key);
  if (digest_before == entry.digest()) return absl::OkStatus();
  transaction.Put(Table::kCacheEntryDigests,
                  EntryDigestKey(entry.digest(), key), "");
  if (digest_before.empty()) return CountEntries(transaction, entry, 1);
  transaction.Delete(Table::kCacheEntryDigests,
                     EntryDigestKey(digest_before, key));
  return ReleasePossession(transaction, entry.upstream_id(), digest_before);
}

absl::Status DeleteCacheEntry(WriteTransaction& transaction,
                              const stored::CacheEntry& entry) {
  RETURN_IF_ERROR(DeletePurgedCacheEntry(transaction, entry));
  return ReleasePossession(transaction, entry.upstream_id(), entry.digest());
}

absl::Status DeletePurgedCacheEntry(WriteTransaction& transaction,
                                    const stored::CacheEntry& entry) {
  const std::string key = EntryKey(entry.upstream_id(), entry.relative_path());
  transaction.Delete(Table::kCacheEntries, key);
  transaction.Delete(Table::kCacheEntryIds, IdKey(entry.id()));
  transaction.Delete(Table::kCacheEntryDigests,
                     EntryDigestKey(entry.digest(), key));
  return CountEntries(transaction, entry, -1);
}

absl::StatusOr<bool> IsDigestUsed(const ReadTransaction& transaction,
                                  absl::string_view digest) {
  bool used = false;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kCacheEntryDigests, EntryDigestKey(digest, ""), "",
      [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        used = true;
        return false;
      }));
  return used;
}

absl::StatusOr<std::vector<stored::CacheEntry>> NextCacheEntriesOf(
    const ReadTransaction& transaction, int64_t upstream_id, int max,
    std::string& cursor) {
  std::vector<stored::CacheEntry> entries;
  std::string last = cursor;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kCacheEntries, IdKey(upstream_id), cursor,
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(
            auto entry, Parse<stored::CacheEntry>(Table::kCacheEntries, value));
        entries.push_back(std::move(entry));
        last = std::string(key);
        return static_cast<int>(entries.size()) < max;
      }));
  cursor = last;
  return entries;
}

}  // namespace cvr::tables
