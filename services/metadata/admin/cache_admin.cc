#include "services/metadata/admin/cache_admin.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/access/access_policy.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cache_rows.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_epoch.h"

namespace cvr {
namespace {

// An upstream that other registries use is not the registry's alone: its own
// group and all its registries count.
absl::Status CheckMayManage(const ReadTransaction& transaction,
                            const Caller& caller, int64_t upstream_id,
                            absl::Span<const int64_t> registries) {
  ASSIGN_OR_RETURN(const auto upstream,
                   tables::FindUpstream(transaction, upstream_id));
  if (!upstream) return absl::OkStatus();
  return AccessPolicy::Check(
      caller, AccessPolicy::Action::kManage,
      {.group = upstream->upstream().group(), .registry_ids = registries});
}

// Those that are to be purged with the registry. Errors: PERMISSION_DENIED when
// `caller` may not manage one of them.
absl::StatusOr<std::vector<int64_t>> UpstreamsToPurge(
    const ReadTransaction& transaction, int64_t registry_id,
    bool include_shared, const Caller& caller) {
  ASSIGN_OR_RETURN(const auto registry,
                   tables::FindRegistry(transaction, registry_id));
  if (!registry) return errors::NoSuch("registry", absl::StrCat(registry_id));
  ASSIGN_OR_RETURN(const auto attachments,
                   tables::Attachments(transaction, registry_id));
  std::vector<int64_t> upstreams;
  for (const auto& attachment : attachments) {
    ASSIGN_OR_RETURN(
        const auto registries,
        tables::RegistriesOfUpstream(transaction, attachment.upstream_id()));
    if (registries.size() > 1 && !include_shared) continue;
    RETURN_IF_ERROR(CheckMayManage(transaction, caller,
                                   attachment.upstream_id(), registries));
    upstreams.push_back(attachment.upstream_id());
  }
  return upstreams;
}

bool IsOfGroup(const v1::GetCacheStatsRequest& request,
               const std::string& group) {
  return request.group().empty() || request.group() == group;
}

absl::StatusOr<v1::UpstreamCacheStats> StatsOf(
    const ReadTransaction& transaction,
    const stored::UpstreamResource& upstream) {
  v1::UpstreamCacheStats stats;
  stats.set_upstream_id(upstream.id());
  stats.set_name(upstream.name());
  stats.set_group(upstream.group());
  RETURN_IF_ERROR(tables::VisitCacheEntriesByPath(
      transaction, upstream.id(),
      [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
        stats.set_entries(stats.entries() + 1);
        stats.set_bytes(stats.bytes() + entry.size());
        stats.set_downloads(stats.downloads() + entry.downloads_count());
        return true;
      }));
  return stats;
}

absl::StatusOr<v1::CacheStats> AllStats(const ReadTransaction& transaction,
                                        const v1::GetCacheStatsRequest& request,
                                        const Caller& caller) {
  if (!request.group().empty()) {
    ASSIGN_OR_RETURN(const auto group,
                     tables::FindGroup(transaction, request.group()));
    if (!group) return errors::NoSuch("group", request.group());
  }
  Visibility visibility(caller, transaction);
  v1::CacheStats stats;
  RETURN_IF_ERROR(tables::VisitUpstreams(
      transaction, /*start_after=*/0,
      [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
        if (!IsOfGroup(request, row.upstream().group())) return true;
        ASSIGN_OR_RETURN(const bool seen,
                         visibility.OfUpstream(row.upstream().id()));
        if (!seen) return true;
        ASSIGN_OR_RETURN(*stats.add_upstreams(),
                         StatsOf(transaction, row.upstream()));
        return true;
      }));
  RETURN_IF_ERROR(tables::VisitRegistries(
      transaction, /*start_after=*/0,
      [&](const stored::Registry& registry) -> absl::StatusOr<bool> {
        if (IsOfGroup(request, registry.group()) &&
            visibility.OfRegistry(registry.group(), registry.id())) {
          stats.set_registries(stats.registries() + 1);
        }
        return true;
      }));
  return stats;
}

}  // namespace

absl::StatusOr<v1::PurgeResult> CacheAdmin::PurgeUpstream(
    const v1::PurgeUpstreamCacheRequest& request) {
  const int64_t id = request.upstream_id();
  ASSIGN_OR_RETURN(
      const bool exists,
      ReadValue<bool>(store_, [&](const ReadTransaction& transaction) {
        return tables::HasUpstream(transaction, id);
      }));
  if (!exists) return errors::NoSuch("upstream", absl::StrCat(id));
  v1::PurgeResult result;
  RETURN_IF_ERROR(Purge(id, result));
  return result;
}

absl::StatusOr<v1::PurgeResult> CacheAdmin::PurgeRegistry(
    const v1::PurgeRegistryCacheRequest& request, const Caller& caller) {
  ASSIGN_OR_RETURN(const auto upstreams,
                   ReadValue<std::vector<int64_t>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return UpstreamsToPurge(
                             transaction, request.registry_id(),
                             request.include_shared(), caller);
                       }));
  v1::PurgeResult result;
  for (const int64_t id : upstreams) RETURN_IF_ERROR(Purge(id, result));
  return result;
}

absl::Status CacheAdmin::Purge(int64_t upstream_id, v1::PurgeResult& result) {
  const auto move_epoch = [&] {
    return store_.Write(
        [&](WriteTransaction& transaction) {
          return epochs::MoveCacheEpoch(transaction, upstream_id);
        },
        Durability::kSynced);
  };
  // From here on nothing is recorded that was found out before.
  RETURN_IF_ERROR(move_epoch());
  refreshes_.Drop(upstream_id);
  CacheRemoval removal(upstream_id, CacheRemoval::Of::kUpstream);
  bool more = true;
  while (more) {
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(more, removal.Step(transaction));
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  // Nor what was found out by what was there meanwhile. Synced, so that the
  // deletions before it are.
  RETURN_IF_ERROR(move_epoch());
  result.set_entries(result.entries() + removal.entries());
  result.set_bytes(result.bytes() + removal.bytes());
  return absl::OkStatus();
}

absl::StatusOr<v1::CacheStats> CacheAdmin::Stats(
    const v1::GetCacheStatsRequest& request, const Caller& caller) {
  RETURN_IF_ERROR(downloads_.Flush());
  return ReadValue<v1::CacheStats>(
      store_, [&](const ReadTransaction& transaction) {
        return AllStats(transaction, request, caller);
      });
}

}  // namespace cvr
