#ifndef SERVICES_METADATA_TABLES_TABLES_H_
#define SERVICES_METADATA_TABLES_TABLES_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cache.pb.h"
#include "services/metadata/store/stored_registry.pb.h"
#include "services/metadata/store/stored_upstream.pb.h"

// The rows of the metadata service as what they mean. Nothing else knows keys
// or encodings; DESIGN.md has their grammar. Rows that belong together (a row
// and its index) change together here.
//
// Errors everywhere: DATA_LOSS when a row cannot be read, and what the store
// answers. Find... answer nothing when there is no such row. Visitors are as
// ReadTransaction::Visitor: true = go on, an error ends the scan.
namespace cvr::tables {

// The next number of a sequence, from 1; none is given twice.
absl::StatusOr<int64_t> NextId(WriteTransaction& transaction,
                               absl::string_view sequence);
// Whether NextId was ever called for it.
absl::StatusOr<bool> IsUsed(const ReadTransaction& transaction,
                            absl::string_view sequence);
inline constexpr char kRegistryIds[] = "registry";
inline constexpr char kUpstreamIds[] = "upstream";
inline constexpr char kRegistryUpstreamIds[] = "registry_upstream";
inline constexpr char kCacheEntryIds[] = "cache_entry";
inline constexpr char kGarbageIds[] = "garbage";
inline constexpr char kIdentityIds[] = "identity";

// Groups, by name.
absl::StatusOr<std::optional<stored::Group>> FindGroup(
    const ReadTransaction& transaction, absl::string_view name);
absl::Status VisitGroups(
    const ReadTransaction& transaction, absl::string_view start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Group&)> visitor);
void PutGroup(WriteTransaction& transaction, const stored::Group& group);
void DeleteGroup(WriteTransaction& transaction, absl::string_view name);

// Registries, by id.
absl::StatusOr<std::optional<stored::Registry>> FindRegistry(
    const ReadTransaction& transaction, int64_t id);
// The id of the registry that has the name in the group.
absl::StatusOr<std::optional<int64_t>> FindRegistryByName(
    const ReadTransaction& transaction, absl::string_view group,
    absl::string_view name);
// The ids of the first `max` registries of the group, by name.
absl::StatusOr<std::vector<int64_t>> RegistriesOfGroup(
    const ReadTransaction& transaction, absl::string_view group, int max);
absl::StatusOr<int> CountRegistries(const ReadTransaction& transaction,
                                    absl::string_view group);
absl::Status VisitRegistries(
    const ReadTransaction& transaction, int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Registry&)> visitor);
// `before` is the row that is replaced, if there is one.
void PutRegistry(WriteTransaction& transaction, const stored::Registry* before,
                 const stored::Registry& registry);
void DeleteRegistry(WriteTransaction& transaction,
                    const stored::Registry& registry);

// Upstreams, by id.
absl::StatusOr<std::optional<stored::Upstream>> FindUpstream(
    const ReadTransaction& transaction, int64_t id);
absl::StatusOr<bool> HasUpstream(const ReadTransaction& transaction,
                                 int64_t id);
absl::Status VisitUpstreams(
    const ReadTransaction& transaction, int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Upstream&)> visitor);
// The ids of the first `max` upstreams of the group.
absl::StatusOr<std::vector<int64_t>> UpstreamsOfGroup(
    const ReadTransaction& transaction, absl::string_view group,
    int max = std::numeric_limits<int>::max());
void PutUpstream(WriteTransaction& transaction,
                 const stored::Upstream& upstream);
void DeleteUpstream(WriteTransaction& transaction,
                    const stored::UpstreamResource& upstream);

// The upstreams of a registry, by position.
absl::StatusOr<std::vector<stored::Attachment>> Attachments(
    const ReadTransaction& transaction, int64_t registry_id);
// The one with an id. Looks through all, which are few.
absl::StatusOr<std::optional<stored::Attachment>> FindAttachment(
    const ReadTransaction& transaction, int64_t id);
// Makes `attachments` the registry's, in that order: positions are 1..n by
// construction. Raises the registry's `attachments_version`, unless they are
// what they were.
absl::Status SetAttachments(WriteTransaction& transaction, int64_t registry_id,
                            std::vector<stored::Attachment> attachments);
// The registries that an upstream is attached to, by id.
absl::StatusOr<std::vector<int64_t>> RegistriesOfUpstream(
    const ReadTransaction& transaction, int64_t upstream_id);

// Cache entries, by upstream and path, and by id. Entries that are purged
// (purge_mark.h) are left out, except by FindCacheEntry and the functions whose
// names begin with Next: pulls know the mark already, and removal needs them.
absl::StatusOr<std::optional<stored::CacheEntry>> FindCacheEntry(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::string_view relative_path);
absl::StatusOr<std::optional<stored::CacheEntry>> FindCacheEntryById(
    const ReadTransaction& transaction, int64_t id);
// By id, those of one upstream only unless `upstream_id` is 0.
absl::Status VisitCacheEntries(
    const ReadTransaction& transaction, int64_t upstream_id,
    int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CacheEntry&)> visitor);
// By upstream and path, those of one upstream only unless `upstream_id` is 0;
// much faster where only one upstream's are wanted.
absl::Status VisitCacheEntriesByPath(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CacheEntry&)> visitor);
// Those of one upstream whose paths begin with `path_prefix`.
absl::Status VisitCacheEntriesAt(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::string_view path_prefix,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CacheEntry&)> visitor);
// The next `max` of those that point at a digest, of all upstreams, after
// `cursor`, which this function left, or empty.
absl::StatusOr<std::vector<stored::CacheEntry>> NextCacheEntriesOfDigest(
    const ReadTransaction& transaction, const Digest& digest, int max,
    std::string& cursor);
// Whether one of an upstream's that begins with the path does, `purge_mark`
// being the upstream's. Looks past few entries that are purged: with more of
// them before one that is not, the answer is no.
absl::StatusOr<bool> HasCacheEntryOfDigest(const ReadTransaction& transaction,
                                           const Digest& digest,
                                           int64_t upstream_id,
                                           absl::string_view path_prefix,
                                           int64_t purge_mark);
// An entry keeps its id, upstream and path for life. `digest_before` is what
// the row that is replaced points at; empty when there is none.
absl::Status PutCacheEntry(WriteTransaction& transaction,
                           absl::string_view digest_before,
                           const stored::CacheEntry& entry);
// An entry that is there.
absl::Status DeleteCacheEntry(WriteTransaction& transaction,
                              const stored::CacheEntry& entry);
// The same for one that is purged, or of an upstream that is deleted: whose its
// bytes were ended with the purge.
absl::Status DeletePurgedCacheEntry(WriteTransaction& transaction,
                                    const stored::CacheEntry& entry);

// Whether an entry of any upstream points at the digest, also a purged one: its
// bytes are not to be deleted before it is.
absl::StatusOr<bool> IsDigestUsed(const ReadTransaction& transaction,
                                  absl::string_view digest);

// Deletes the rows of an upstream in `table`, whose keys begin with its id, at
// most `max` of them and only those after `cursor`, a key that this function
// left there, or empty. Indexes are not changed. Returns how many there were.
absl::StatusOr<int> DeleteRowsOfUpstream(WriteTransaction& transaction,
                                         Table table, int64_t upstream_id,
                                         int max, std::string& cursor);
// The entries among the first `max` of an upstream after `cursor`, likewise.
absl::StatusOr<std::vector<stored::CacheEntry>> NextCacheEntriesOf(
    const ReadTransaction& transaction, int64_t upstream_id, int max,
    std::string& cursor);

// What the service remembers about itself.
absl::StatusOr<std::optional<std::string>> FindSetting(
    const ReadTransaction& transaction, absl::string_view name);
void PutSetting(WriteTransaction& transaction, absl::string_view name,
                absl::string_view value);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_TABLES_H_
