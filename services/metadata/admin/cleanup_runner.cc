#include "services/metadata/admin/cleanup_runner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/string_view.h"
#include "services/common/content_wire.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/common/utf8.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cache_rows.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

// The runner whose RunDue() is at work on this thread; null = none.
thread_local const CleanupRunner* running_here = nullptr;

bool IsDue(const stored::CleanupPolicy& row, absl::Time now) {
  const stored::CleanupPolicyResource& policy = row.policy();
  return row.is_run_requested() ||
         policy.status() == stored::CleanupPolicyResource::STATUS_RUNNING ||
         (policy.enabled() && FromWire(policy.next_run_time()) <= now);
}

// Whether the run that has begun is still wanted. A policy that was deleted and
// made anew is not RUNNING.
bool IsWanted(const std::optional<stored::CleanupPolicy>& row) {
  return row &&
         row->policy().status() ==
             stored::CleanupPolicyResource::STATUS_RUNNING &&
         (row->policy().enabled() || row->runs_on_request());
}

bool IsOld(const stored::CacheEntry& entry,
           const stored::CleanupPolicyResource& policy, absl::Time now) {
  const absl::Time used = FromWire(
      entry.has_downloaded_at() ? entry.downloaded_at() : entry.create_time());
  return used < now - policy.keep_n_days_after_download() * kDay;
}

// At most kFailureMessageBytesMax bytes of it, ending with a whole character.
std::string FailureMessage(const absl::Status& status) {
  std::string text(status.message());
  if (text.empty()) text = absl::StatusCodeToString(status.code());
  return std::string(Utf8Prefix(text, limits::kFailureMessageBytesMax));
}

}  // namespace

CleanupRunner::CleanupRunner(MetadataStore& store, PullCounter& downloads,
                             const Clock& clock, const Options& options)
    : store_(store),
      downloads_(downloads),
      clock_(clock),
      options_(options),
      thread_("cleanup", [this] {
        if (const absl::Status status = RunDue(); !status.ok()) {
          spdlog::warn("cleanup interrupted, retrying at the next check: {}",
                       status.ToString());
        }
        return options_.check_interval;
      }) {}

void CleanupRunner::Start() { thread_.Start(absl::ZeroDuration()); }

absl::Status CleanupRunner::RunDue() {
  MutexLock one_at_a_time(&run_mutex_);
  running_here = this;
  const absl::Cleanup done = [] { running_here = nullptr; };
  ASSIGN_OR_RETURN(const auto groups, DueGroups());
  absl::Status result;
  for (const std::string& group : groups) {
    if (thread_.stopping()) break;
    result.Update(RunGroup(group));
  }
  return result;
}

bool CleanupRunner::NotePolicyChange() {
  if (running_here == this) return false;
  thread_.Wake();
  return true;
}

absl::StatusOr<std::vector<std::string>> CleanupRunner::DueGroups() const {
  const absl::Time now = clock_.SteadyNow();
  std::vector<std::string> groups;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitCleanupPolicies(
        transaction,
        [&](const stored::CleanupPolicy& row) -> absl::StatusOr<bool> {
          if (IsDue(row, now)) groups.push_back(row.policy().group());
          return true;
        });
  }));
  return groups;
}

absl::Status CleanupRunner::RunGroup(const std::string& group) {
  const absl::Time now = clock_.SteadyNow();
  ASSIGN_OR_RETURN(const bool has_begun, Begin(group, now));
  if (!has_begun) return absl::OkStatus();
  const absl::Status outcome = DropOld(group, now);
  if (outcome.ok() && thread_.stopping())
    return absl::OkStatus();  // Stays RUNNING.
  return End(group, outcome);
}

absl::StatusOr<bool> CleanupRunner::Begin(const std::string& group,
                                          absl::Time now) {
  return WriteValue<bool>(
      store_, [&](WriteTransaction& transaction) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(auto row,
                         tables::FindCleanupPolicy(transaction, group));
        if (!row || !IsDue(*row, now)) return false;
        stored::CleanupPolicyResource& policy = *row->mutable_policy();
        if (policy.status() != stored::CleanupPolicyResource::STATUS_RUNNING) {
          policy.set_status(stored::CleanupPolicyResource::STATUS_RUNNING);
          *policy.mutable_last_run_time() = ToWire(now);
          policy.set_last_run_deleted_entries(0);
          policy.set_last_run_deleted_bytes(0);
          policy.clear_failure_message();
          row->set_runs_on_request(false);
        }
        if (row->is_run_requested()) row->set_runs_on_request(true);
        row->set_is_run_requested(false);
        tables::PutCleanupPolicy(transaction, *row);
        return true;
      });
}

absl::Status CleanupRunner::DropOld(const std::string& group, absl::Time now) {
  RETURN_IF_ERROR(downloads_.Flush());
  ASSIGN_OR_RETURN(const auto upstreams,
                   ReadValue<std::vector<int64_t>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::UpstreamsOfGroup(transaction, group);
                       }));
  for (const int64_t upstream_id : upstreams) {
    ASSIGN_OR_RETURN(const auto ids, OldEntries(group, upstream_id, now));
    for (auto next = ids.begin(); next != ids.end();) {
      if (thread_.stopping()) return absl::OkStatus();
      const auto end = next + std::min<size_t>(limits::kCleanupBatchEntriesMax,
                                               ids.end() - next);
      // What was downloaded since it was looked for stays.
      RETURN_IF_ERROR(downloads_.Flush());
      ASSIGN_OR_RETURN(const bool is_wanted,
                       DropBatch(group, {next, end}, now));
      if (!is_wanted) return absl::OkStatus();
      next = end;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> CleanupRunner::OldEntries(
    const std::string& group, int64_t upstream_id, absl::Time now) const {
  std::vector<int64_t> ids;
  RETURN_IF_ERROR(
      store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row,
                         tables::FindCleanupPolicy(transaction, group));
        if (!IsWanted(row)) return absl::OkStatus();
        return tables::VisitCacheEntriesByPath(
            transaction, upstream_id,
            [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
              if (IsOld(entry, row->policy(), now)) ids.push_back(entry.id());
              return !thread_.stopping();
            });
      }));
  return ids;
}

absl::StatusOr<bool> CleanupRunner::DropBatch(const std::string& group,
                                              const std::vector<int64_t>& ids,
                                              absl::Time now) {
  return WriteValue<bool>(
      store_, [&](WriteTransaction& transaction) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(auto row,
                         tables::FindCleanupPolicy(transaction, group));
        if (!IsWanted(row)) return false;
        stored::CleanupPolicyResource& policy = *row->mutable_policy();
        for (const int64_t id : ids) {
          ASSIGN_OR_RETURN(const auto entry,
                           tables::FindCacheEntryById(transaction, id));
          if (!entry || !IsOld(*entry, policy, now)) continue;
          RETURN_IF_ERROR(ForgetEntry(transaction, *entry));
          policy.set_last_run_deleted_entries(
              policy.last_run_deleted_entries() + 1);
          policy.set_last_run_deleted_bytes(policy.last_run_deleted_bytes() +
                                            entry->size());
        }
        tables::PutCleanupPolicy(transaction, *row);
        return true;
      });
}

absl::Status CleanupRunner::End(const std::string& group,
                                const absl::Status& outcome) {
  std::optional<stored::CleanupPolicyResource> ended;
  RETURN_IF_ERROR(store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(auto row,
                         tables::FindCleanupPolicy(transaction, group));
        if (!row || row->policy().status() !=
                        stored::CleanupPolicyResource::STATUS_RUNNING) {
          return absl::OkStatus();  // Deleted in the meantime.
        }
        stored::CleanupPolicyResource& policy = *row->mutable_policy();
        row->set_runs_on_request(false);
        policy.set_status(outcome.ok()
                              ? stored::CleanupPolicyResource::STATUS_SCHEDULED
                              : stored::CleanupPolicyResource::STATUS_FAILED);
        if (!outcome.ok()) policy.set_failure_message(FailureMessage(outcome));
        if (policy.enabled()) {
          *policy.mutable_next_run_time() =
              ToWire(clock_.SteadyNow() + policy.cadence_days() * kDay);
        }
        tables::PutCleanupPolicy(transaction, *row);
        ended = policy;
        return absl::OkStatus();
      },
      Durability::kSynced));
  if (!ended) return absl::OkStatus();
  if (outcome.ok()) {
    spdlog::info("cleanup of group {}: deleted {} cache entries ({} bytes)",
                 group, ended->last_run_deleted_entries(),
                 ended->last_run_deleted_bytes());
  } else {
    spdlog::warn("cleanup of group {} failed: {}", group, outcome.ToString());
  }
  return absl::OkStatus();
}

}  // namespace cvr
