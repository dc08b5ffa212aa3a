#include "services/metadata/tables/tables.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/tables/name_tables.h"
#include "services/metadata/tables/table_rows.h"

namespace cvr::tables {
namespace {

template <typename Message>
absl::Status Visit(
    const ReadTransaction& transaction, Table table,
    absl::string_view start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const Message&)> visitor) {
  return transaction.Scan(
      table, "", start_after,
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto message, Parse<Message>(table, value));
        return visitor(message);
      });
}

// The key after which a scan of ids goes on; 0 = from the start.
std::string AfterId(int64_t id) { return id == 0 ? "" : IdKey(id); }

std::string RegistryNameKey(absl::string_view group, absl::string_view name) {
  return KeyBuilder().String(group).Rest(name).Build();
}

<<<<<<< HEAD
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
=======
bool IsSameOrder(const std::vector<stored::Attachment>& a,
                 const std::vector<stored::Attachment>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const stored::Attachment& one, const stored::Attachment& other) {
        return one.id() == other.id();
      });
}

absl::Status RaiseAttachmentsVersion(WriteTransaction& transaction,
                                     int64_t registry_id) {
  ASSIGN_OR_RETURN(auto registry, FindRegistry(transaction, registry_id));
  if (!registry) return absl::OkStatus();
  registry->set_attachments_version(registry->attachments_version() + 1);
  transaction.Put(Table::kRegistries, IdKey(registry_id),
                  registry->SerializeAsString());
  return absl::OkStatus();
>>>>>>> b-admin-b
}

}  // namespace

absl::StatusOr<int64_t> NextId(WriteTransaction& transaction,
                               absl::string_view sequence) {
  ASSIGN_OR_RETURN(const auto last,
                   transaction.Get(Table::kSequences, sequence));
  int64_t id = 0;
  if (last && !KeyReader(*last).Int(id)) return Damaged(Table::kSequences);
  transaction.Put(Table::kSequences, sequence, IdKey(++id));
  return id;
}

absl::StatusOr<bool> IsUsed(const ReadTransaction& transaction,
                            absl::string_view sequence) {
  ASSIGN_OR_RETURN(const auto last,
                   transaction.Get(Table::kSequences, sequence));
  return last.has_value();
}

absl::StatusOr<std::optional<stored::Group>> FindGroup(
    const ReadTransaction& transaction, absl::string_view name) {
  return Find<stored::Group>(transaction, Table::kGroups, name);
}

absl::Status VisitGroups(
    const ReadTransaction& transaction, absl::string_view start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Group&)> visitor) {
  return Visit<stored::Group>(transaction, Table::kGroups, start_after,
                              visitor);
}

void PutGroup(WriteTransaction& transaction, const stored::Group& group) {
  transaction.Put(Table::kGroups, group.name(), group.SerializeAsString());
}

void DeleteGroup(WriteTransaction& transaction, absl::string_view name) {
  transaction.Delete(Table::kGroups, name);
}

absl::StatusOr<std::optional<stored::Registry>> FindRegistry(
    const ReadTransaction& transaction, int64_t id) {
  if (id <= 0) return std::nullopt;
  return Find<stored::Registry>(transaction, Table::kRegistries, IdKey(id));
}

absl::StatusOr<std::optional<int64_t>> FindRegistryByName(
    const ReadTransaction& transaction, absl::string_view group,
    absl::string_view name) {
  ASSIGN_OR_RETURN(
      const auto value,
      transaction.Get(Table::kRegistryNames, RegistryNameKey(group, name)));
  if (!value) return std::nullopt;
  int64_t id = 0;
  if (!KeyReader(*value).Int(id)) return Damaged(Table::kRegistryNames);
  return id;
}

absl::StatusOr<std::vector<int64_t>> RegistriesOfGroup(
    const ReadTransaction& transaction, absl::string_view group, int max) {
  std::vector<int64_t> ids;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRegistryNames, KeyBuilder().String(group).Build(), "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        int64_t id = 0;
        if (!KeyReader(value).Int(id)) return Damaged(Table::kRegistryNames);
        ids.push_back(id);
        return static_cast<int>(ids.size()) < max;
      }));
  return ids;
}

absl::StatusOr<int> CountRegistries(const ReadTransaction& transaction,
                                    absl::string_view group) {
  int count = 0;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRegistryNames, KeyBuilder().String(group).Build(), "",
      [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        ++count;
        return true;
      }));
  return count;
}

absl::Status VisitRegistries(
    const ReadTransaction& transaction, int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Registry&)> visitor) {
  return Visit<stored::Registry>(transaction, Table::kRegistries,
                                 AfterId(start_after), visitor);
}

void PutRegistry(WriteTransaction& transaction, const stored::Registry* before,
                 const stored::Registry& registry) {
  if (before != nullptr) {
    transaction.Delete(Table::kRegistryNames,
                       RegistryNameKey(before->group(), before->name()));
  }
  const std::string key = IdKey(registry.id());
  transaction.Put(Table::kRegistries, key, registry.SerializeAsString());
  transaction.Put(Table::kRegistryNames,
                  RegistryNameKey(registry.group(), registry.name()), key);
}

void DeleteRegistry(WriteTransaction& transaction,
                    const stored::Registry& registry) {
  transaction.Delete(Table::kRegistries, IdKey(registry.id()));
  transaction.Delete(Table::kRegistryNames,
                     RegistryNameKey(registry.group(), registry.name()));
}

absl::StatusOr<std::optional<stored::Upstream>> FindUpstream(
    const ReadTransaction& transaction, int64_t id) {
  if (id <= 0) return std::nullopt;
  return Find<stored::Upstream>(transaction, Table::kUpstreams, IdKey(id));
}

absl::StatusOr<bool> HasUpstream(const ReadTransaction& transaction,
                                 int64_t id) {
  if (id <= 0) return false;
  ASSIGN_OR_RETURN(const auto value,
                   transaction.Get(Table::kUpstreams, IdKey(id)));
  return value.has_value();
}

absl::Status VisitUpstreams(
    const ReadTransaction& transaction, int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Upstream&)> visitor) {
  return Visit<stored::Upstream>(transaction, Table::kUpstreams,
                                 AfterId(start_after), visitor);
}

absl::StatusOr<std::vector<int64_t>> UpstreamsOfGroup(
    const ReadTransaction& transaction, absl::string_view group, int max) {
  return LastIds(transaction, Table::kGroupUpstreams,
                 KeyBuilder().String(group).Build(), max);
}

void PutUpstream(WriteTransaction& transaction,
                 const stored::Upstream& upstream) {
  const int64_t id = upstream.upstream().id();
  transaction.Put(Table::kUpstreams, IdKey(id), upstream.SerializeAsString());
  transaction.Put(
      Table::kGroupUpstreams,
      KeyBuilder().String(upstream.upstream().group()).Int(id).Build(), "");
  PutUpstreamName(transaction, upstream.upstream());
}

void DeleteUpstream(WriteTransaction& transaction,
                    const stored::UpstreamResource& upstream) {
  transaction.Delete(Table::kUpstreams, IdKey(upstream.id()));
  transaction.Delete(
      Table::kGroupUpstreams,
      KeyBuilder().String(upstream.group()).Int(upstream.id()).Build());
  DeleteUpstreamName(transaction, upstream);
}

<<<<<<< HEAD
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
=======
absl::StatusOr<std::vector<stored::Attachment>> Attachments(
    const ReadTransaction& transaction, int64_t registry_id) {
  std::vector<stored::Attachment> attachments;
  if (registry_id <= 0) return attachments;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRegistryUpstreams, IdKey(registry_id), "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(
            auto attachment,
            Parse<stored::Attachment>(Table::kRegistryUpstreams, value));
        attachments.push_back(std::move(attachment));
        return true;
      }));
  return attachments;
}

absl::StatusOr<std::optional<stored::Attachment>> FindAttachment(
    const ReadTransaction& transaction, int64_t id) {
  std::optional<stored::Attachment> found;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRegistryUpstreams, "", "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(
            auto attachment,
            Parse<stored::Attachment>(Table::kRegistryUpstreams, value));
        if (attachment.id() != id) return true;
        found = std::move(attachment);
>>>>>>> b-admin-b
        return false;
      }));
  return found;
}

<<<<<<< HEAD
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
=======
absl::Status SetAttachments(WriteTransaction& transaction, int64_t registry_id,
                            std::vector<stored::Attachment> attachments) {
  ASSIGN_OR_RETURN(const auto before, Attachments(transaction, registry_id));
  if (IsSameOrder(before, attachments)) return absl::OkStatus();
  RETURN_IF_ERROR(RaiseAttachmentsVersion(transaction, registry_id));
  for (const auto& old : before) {
    transaction.Delete(
        Table::kRegistryUpstreams,
        KeyBuilder().Int(registry_id).Int(old.position()).Build());
    transaction.Delete(
        Table::kUpstreamRegistries,
        KeyBuilder().Int(old.upstream_id()).Int(registry_id).Build());
  }
  int32_t position = 0;
  for (auto& attachment : attachments) {
    attachment.set_position(++position);
    transaction.Put(Table::kRegistryUpstreams,
                    KeyBuilder().Int(registry_id).Int(position).Build(),
                    attachment.SerializeAsString());
    transaction.Put(
        Table::kUpstreamRegistries,
        KeyBuilder().Int(attachment.upstream_id()).Int(registry_id).Build(),
        "");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> RegistriesOfUpstream(
    const ReadTransaction& transaction, int64_t upstream_id) {
  return LastIds(transaction, Table::kUpstreamRegistries, IdKey(upstream_id));
>>>>>>> b-admin-b
}

absl::StatusOr<int> DeleteRowsOfUpstream(WriteTransaction& transaction,
                                         Table table, int64_t upstream_id,
                                         int max, std::string& cursor) {
  std::vector<std::string> keys;
  RETURN_IF_ERROR(transaction.Scan(
      table, IdKey(upstream_id), cursor,
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        keys.emplace_back(key);
        return static_cast<int>(keys.size()) < max;
      }));
  for (const auto& key : keys) transaction.Delete(table, key);
  if (!keys.empty()) cursor = keys.back();
  return static_cast<int>(keys.size());
}

absl::StatusOr<std::optional<std::string>> FindSetting(
    const ReadTransaction& transaction, absl::string_view name) {
  return transaction.Get(Table::kSettings, name);
}

void PutSetting(WriteTransaction& transaction, absl::string_view name,
                absl::string_view value) {
  transaction.Put(Table::kSettings, name, value);
}

}  // namespace cvr::tables
