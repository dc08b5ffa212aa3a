#include "services/metadata/admin/cache_admin.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/access/access_policy.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cache_rows.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/tables.h"

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

// `-` = all groups.
bool IsOfGroup(const v1::GetCacheStatsRequest& request,
               const std::string& group) {
  return request.group() == limits::kAllGroups || request.group() == group;
}

absl::StatusOr<v1::UpstreamCacheStats> StatsOf(
    const ReadTransaction& transaction,
    const stored::UpstreamResource& upstream) {
  v1::UpstreamCacheStats stats;
  stats.set_upstream_id(upstream.id());
  stats.set_upstream_name(upstream.name());
  stats.set_group(upstream.group());
  RETURN_IF_ERROR(tables::VisitCacheEntriesByPath(
      transaction, upstream.id(),
      [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
        stats.set_entry_count(stats.entry_count() + 1);
        stats.set_size_bytes(stats.size_bytes() + entry.size());
        stats.set_pull_count(stats.pull_count() + entry.downloads_count());
        return true;
      }));
  return stats;
}

absl::StatusOr<v1::GetCacheStatsResponse> AllStats(
    const ReadTransaction& transaction, const v1::GetCacheStatsRequest& request,
    const Caller& caller) {
  if (request.group() != limits::kAllGroups) {
    ASSIGN_OR_RETURN(const auto group,
                     tables::FindGroup(transaction, request.group()));
    if (!group) return errors::NoSuch("group", request.group());
  }
  Visibility visibility(caller, transaction);
  v1::GetCacheStatsResponse stats;
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
          stats.set_registry_count(stats.registry_count() + 1);
        }
        return true;
      }));
  return stats;
}

// What is cached of the upstreams.
absl::StatusOr<v1::PurgeCacheResponse> CountCached(
    const ReadTransaction& transaction, absl::Span<const int64_t> upstreams) {
  v1::PurgeCacheResponse counted;
  for (const int64_t id : upstreams) {
    RETURN_IF_ERROR(tables::VisitCacheEntriesByPath(
        transaction, id,
        [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
          counted.set_entry_count(counted.entry_count() + 1);
          counted.set_size_bytes(counted.size_bytes() + entry.size());
          return true;
        }));
  }
  return counted;
}

}  // namespace

absl::StatusOr<v1::Operation> CacheAdmin::PurgeUpstream(
    const v1::PurgeUpstreamCacheRequest& request, const Caller& caller) {
  const int64_t id = request.upstream_id();
  return Purge(
      {.method = kPurgeUpstream,
       .group = "",
       .request_id = request.request_id(),
       .token_id = caller.token_id},
      request.validate_only(),
      [&](const ReadTransaction& transaction) -> absl::StatusOr<Scope> {
        ASSIGN_OR_RETURN(const auto row, tables::FindUpstream(transaction, id));
        if (!row) return errors::NoSuch("upstream", absl::StrCat(id));
        return Scope{row->upstream().group(), {id}};
      });
}

absl::StatusOr<v1::Operation> CacheAdmin::PurgeRegistry(
    const v1::PurgeRegistryCacheRequest& request, const Caller& caller) {
  const int64_t id = request.registry_id();
  return Purge(
      {.method = kPurgeRegistry,
       .group = "",
       .request_id = request.request_id(),
       .token_id = caller.token_id},
      request.validate_only(),
      [&](const ReadTransaction& transaction) -> absl::StatusOr<Scope> {
        ASSIGN_OR_RETURN(const auto row, tables::FindRegistry(transaction, id));
        if (!row) return errors::NoSuch("registry", absl::StrCat(id));
        ASSIGN_OR_RETURN(auto upstreams,
                         UpstreamsToPurge(transaction, id,
                                          request.include_shared(), caller));
        return Scope{row->group(), std::move(upstreams)};
      });
}

absl::StatusOr<v1::Operation> CacheAdmin::Purge(NewOperation operation,
                                                bool validate_only,
                                                FindScope find) {
  // Counting takes as long as there is much: not while others wait to write.
  v1::PurgeCacheResponse counted;
  Scope scope;
  RETURN_IF_ERROR(
      store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(scope, find(transaction));
        ASSIGN_OR_RETURN(counted, CountCached(transaction, scope.upstreams));
        return absl::OkStatus();
      }));
  operation.group = scope.group;
  operation.total_count = counted.entry_count();
  if (validate_only) return operations_.Imagined(operation, counted);
  auto started = WriteValue<v1::Operation>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::Operation> {
        ASSIGN_OR_RETURN(scope, find(transaction));
        stored::PurgeTask task;
        task.set_entry_count(counted.entry_count());
        task.set_size_bytes(counted.size_bytes());
        for (const int64_t id : scope.upstreams) {
          ASSIGN_OR_RETURN(auto row, tables::FindUpstream(transaction, id));
          if (!row) continue;
          RETURN_IF_ERROR(purges::Begin(transaction, *row));
          tables::PutUpstream(transaction, *row);
          auto& target = *task.add_targets();
          target.set_upstream_id(id);
          target.set_purge_mark(purges::MarkOf(*row));
        }
        operation.argument = task.SerializeAsString();
        ASSIGN_OR_RETURN(auto begun,
                         operations_.StartIn(transaction, operation));
        for (const int64_t id : scope.upstreams) {
          sweeper_.Claim(id, begun.id());
        }
        return begun;
      });
  for (const int64_t id : scope.upstreams) {
    if (started.ok()) refreshes_.Drop(id);
    if (!started.ok()) sweeper_.Release(id);
  }
  return started;
}

absl::StatusOr<google::protobuf::Any> CacheAdmin::Remove(OperationRun& run) {
  stored::PurgeTask task;
  if (!task.ParseFromString(run.argument())) {
    return absl::DataLossError("what is to be purged cannot be read");
  }
  for (const auto& target : task.targets()) {
    sweeper_.Claim(target.upstream_id(), run.id());
  }
  const absl::Cleanup release = [&] {
    for (const auto& target : task.targets()) {
      sweeper_.Release(target.upstream_id());
    }
  };
  v1::Operation::Progress progress = run.progress();
  progress.set_total_count(task.entry_count());
  for (const auto& target : task.targets()) {
    RETURN_IF_ERROR(RemoveTarget(target, run, progress));
  }
  progress.set_done_count(task.entry_count());
  progress.set_done_bytes(task.size_bytes());
  run.Report(progress);
  v1::PurgeCacheResponse response;
  response.set_entry_count(task.entry_count());
  response.set_size_bytes(task.size_bytes());
  return PackedResponse(response);
}

absl::Status CacheAdmin::RemoveTarget(const stored::PurgeTask::Target& target,
                                      OperationRun& run,
                                      v1::Operation::Progress& progress) {
  const v1::Operation::Progress before = progress;
  CacheRemoval removal(target.upstream_id(), target.purge_mark());
  bool more = true;
  while (more) {
    if (run.stopping() || run.cancelled()) {
      return absl::CancelledError(
          "what was purged is not served; its rows are removed later");
    }
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(more, removal.Step(transaction));
          return absl::OkStatus();
        },
        Durability::kBuffered));
    // Not beyond what was counted: more may have been recorded meanwhile.
    progress.set_done_count(std::min(progress.total_count(),
                                     before.done_count() + removal.entries()));
    progress.set_done_bytes(before.done_bytes() + removal.bytes());
    run.Report(progress);
  }
  return absl::OkStatus();
}

void CacheAdmin::NotePurged(int64_t upstream_id) {
  refreshes_.Drop(upstream_id);
  sweeper_.Wake();
}

absl::StatusOr<v1::GetCacheStatsResponse> CacheAdmin::Stats(
    const v1::GetCacheStatsRequest& request, const Caller& caller) {
  RETURN_IF_ERROR(pulls_.Flush());
  return ReadValue<v1::GetCacheStatsResponse>(
      store_, [&](const ReadTransaction& transaction) {
        return AllStats(transaction, request, caller);
      });
}

}  // namespace cvr
