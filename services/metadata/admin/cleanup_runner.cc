#include "services/metadata/admin/cleanup_runner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/common/utf8.h"
#include "services/metadata/api/operation_record_wire.h"
#include "services/metadata/conversion/cleanup_policy_conversion.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cache_rows.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// The runner at work on this thread; null = none.
thread_local const CleanupRunner* running_here = nullptr;

// The run at work; null = none is.
stored::CleanupRun* RunningOf(stored::CleanupPolicy& row) {
  if (row.runs().empty()) return nullptr;
  stored::CleanupRun& last = *row.mutable_runs()->rbegin();
  return last.state() == stored::CleanupRun::STATE_RUNNING ? &last : nullptr;
}

bool IsRunning(const stored::CleanupPolicy& row) {
  return !row.runs().empty() &&
         row.runs().rbegin()->state() == stored::CleanupRun::STATE_RUNNING;
}

bool IsDue(const stored::CleanupPolicy& row, absl::Time now) {
  return row.is_run_requested() || IsRunning(row) ||
         (row.policy().enabled() &&
          FromWire(row.policy().next_run_time()) <= now);
}

// Whether the run that has begun is still wanted. A policy whose group was
// deleted and made anew does not run.
bool IsWanted(const stored::CleanupPolicy& row) {
  return IsRunning(row) && (row.policy().enabled() || row.runs_on_request());
}

// The run that belongs to the operation; null = it has none yet.
const stored::CleanupRun* RunOf(const stored::CleanupPolicy& row,
                                int64_t operation_id) {
  for (const stored::CleanupRun& run : row.runs()) {
    if (run.operation_id() == operation_id) return &run;
  }
  return nullptr;
}

// With at most kFailureMessageBytesMax bytes of the message, ending with a
// whole character.
google::rpc::Status ErrorOf(const absl::Status& status) {
  google::rpc::Status error = ErrorToWire(status);
  if (error.message().empty()) {
    error.set_message(absl::StatusCodeToString(status.code()));
  }
  error.set_message(std::string(
      Utf8Prefix(error.message(), limits::kFailureMessageBytesMax)));
  return error;
}

}  // namespace

bool IsTooOld(const stored::CacheEntry& entry,
              const stored::CleanupPolicyResource& policy, absl::Time now) {
  const absl::Time used = FromWire(
      entry.has_downloaded_at() ? entry.downloaded_at() : entry.create_time());
  return used < now - FromWire(policy.keep_after_last_pull());
}

CleanupRunner::CleanupRunner(MetadataStore& store, PullCounter& pulls,
                             const Clock& clock, const Options& options)
    : store_(store),
      pulls_(pulls),
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
    result.Update(Run({group, clock_.SteadyNow(), nullptr}));
  }
  return result;
}

absl::StatusOr<google::protobuf::Any> CleanupRunner::RunFor(
    OperationRun& operation) {
  MutexLock one_at_a_time(&run_mutex_);
  running_here = this;
  const absl::Cleanup done = [] { running_here = nullptr; };
  const std::string& group = operation.group();
  // What a crash has left of another run goes first.
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<stored::CleanupPolicy>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::CleanupPolicyOf(transaction, group);
                       }));
  if (IsRunning(row) && row.runs().rbegin()->operation_id() != operation.id()) {
    RETURN_IF_ERROR(Run({group, clock_.SteadyNow(), nullptr}));
  }
  RETURN_IF_ERROR(Run({group, clock_.SteadyNow(), &operation}));
  ASSIGN_OR_RETURN(const auto ended,
                   ReadValue<stored::CleanupPolicy>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::CleanupPolicyOf(transaction, group);
                       }));
  const stored::CleanupRun* const run = RunOf(ended, operation.id());
  if (run == nullptr) return errors::NoSuch("group", group);
  if (run->state() == stored::CleanupRun::STATE_SUCCEEDED) {
    return PackedResponse(ToApi(*run));
  }
  if (run->state() == stored::CleanupRun::STATE_FAILED) {
    return ErrorFromWire(run->error());
  }
  return errors::ShuttingDown("the metadata service");
}

bool CleanupRunner::NotePolicyChange() {
  if (running_here == this) return false;
  thread_.Wake();
  return true;
}

bool CleanupRunner::IsStopping(const Work& work) const {
  return thread_.stopping() ||
         (work.operation != nullptr && work.operation->stopping());
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

absl::Status CleanupRunner::Run(const Work& work) {
  ASSIGN_OR_RETURN(const bool has_begun, Begin(work));
  if (!has_begun) return absl::OkStatus();
  const absl::Status outcome = DropOld(work);
  if (outcome.ok() && IsStopping(work)) {
    return absl::OkStatus();  // It goes on at the next start.
  }
  return End(work, outcome);
}

absl::StatusOr<bool> CleanupRunner::Begin(const Work& work) {
  const int64_t operation_id =
      work.operation == nullptr ? 0 : work.operation->id();
  return WriteValue<bool>(
      store_, [&](WriteTransaction& transaction) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(auto row,
                         tables::CleanupPolicyOf(transaction, work.group));
        if (IsRunning(row)) return true;
        if (operation_id == 0 && !IsDue(row, work.now)) return false;
        if (operation_id != 0) {
          ASSIGN_OR_RETURN(const auto group,
                           tables::FindGroup(transaction, work.group));
          if (!group || RunOf(row, operation_id) != nullptr) return false;
        }
        row.set_runs_on_request(operation_id != 0 || row.is_run_requested());
        row.set_is_run_requested(false);
        const int64_t number =
            row.runs().empty() ? 1 : row.runs().rbegin()->number() + 1;
        stored::CleanupRun& run = *row.add_runs();
        run.set_number(number);
        run.set_state(stored::CleanupRun::STATE_RUNNING);
        *run.mutable_start_time() = ToWire(work.now);
        run.set_operation_id(operation_id);
        tables::PutCleanupPolicy(transaction, std::move(row));
        return true;
      });
}

absl::Status CleanupRunner::DropOld(const Work& work) {
  RETURN_IF_ERROR(pulls_.Flush());
  ASSIGN_OR_RETURN(const auto upstreams,
                   ReadValue<std::vector<int64_t>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::UpstreamsOfGroup(transaction,
                                                         work.group);
                       }));
  for (const int64_t upstream_id : upstreams) {
    ASSIGN_OR_RETURN(const auto ids, OldEntries(work, upstream_id));
    for (auto next = ids.begin(); next != ids.end();) {
      if (IsStopping(work)) return absl::OkStatus();
      if (work.operation != nullptr && work.operation->cancelled()) {
        return absl::CancelledError("the cleanup was cancelled");
      }
      const auto end = next + std::min<size_t>(limits::kCleanupBatchEntriesMax,
                                               ids.end() - next);
      // What was pulled since it was looked for stays.
      RETURN_IF_ERROR(pulls_.Flush());
      ASSIGN_OR_RETURN(const bool is_wanted, DropBatch(work, {next, end}));
      if (!is_wanted) return absl::OkStatus();
      next = end;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> CleanupRunner::OldEntries(
    const Work& work, int64_t upstream_id) const {
  std::vector<int64_t> ids;
  RETURN_IF_ERROR(
      store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row,
                         tables::CleanupPolicyOf(transaction, work.group));
        if (!IsWanted(row)) return absl::OkStatus();
        return tables::VisitCacheEntriesByPath(
            transaction, upstream_id,
            [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
              if (IsTooOld(entry, row.policy(), work.now)) {
                ids.push_back(entry.id());
              }
              return !IsStopping(work);
            });
      }));
  return ids;
}

absl::StatusOr<bool> CleanupRunner::DropBatch(const Work& work,
                                              const std::vector<int64_t>& ids) {
  stored::CleanupRun now;
  ASSIGN_OR_RETURN(
      const bool is_wanted,
      WriteValue<bool>(
          store_, [&](WriteTransaction& transaction) -> absl::StatusOr<bool> {
            ASSIGN_OR_RETURN(auto row,
                             tables::CleanupPolicyOf(transaction, work.group));
            if (!IsWanted(row)) return false;
            stored::CleanupRun& run = *RunningOf(row);
            for (const int64_t id : ids) {
              ASSIGN_OR_RETURN(const auto entry,
                               tables::FindCacheEntryById(transaction, id));
              if (!entry || !IsTooOld(*entry, row.policy(), work.now)) continue;
              RETURN_IF_ERROR(ForgetEntry(transaction, *entry));
              run.set_deleted_count(run.deleted_count() + 1);
              run.set_deleted_bytes(run.deleted_bytes() + entry->size());
            }
            now = run;
            tables::PutCleanupPolicy(transaction, std::move(row));
            return true;
          }));
  if (is_wanted && work.operation != nullptr) {
    v1::Operation::Progress progress;
    progress.set_done_count(now.deleted_count());
    progress.set_done_bytes(now.deleted_bytes());
    work.operation->Report(progress);
  }
  return is_wanted;
}

absl::Status CleanupRunner::End(const Work& work, const absl::Status& outcome) {
  std::optional<stored::CleanupRun> ended;
  RETURN_IF_ERROR(store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(auto row,
                         tables::CleanupPolicyOf(transaction, work.group));
        stored::CleanupRun* const run = RunningOf(row);
        if (run == nullptr) return absl::OkStatus();  // Deleted meanwhile.
        const auto now = ToWire(clock_.SteadyNow());
        run->set_state(outcome.ok() ? stored::CleanupRun::STATE_SUCCEEDED
                                    : stored::CleanupRun::STATE_FAILED);
        *run->mutable_end_time() = now;
        if (!outcome.ok()) *run->mutable_error() = ErrorOf(outcome);
        ended = *run;
        row.set_runs_on_request(false);
        stored::CleanupPolicyResource& policy = *row.mutable_policy();
        if (policy.enabled()) {
          *policy.mutable_next_run_time() =
              ToWire(FromWire(now) + FromWire(policy.run_interval()));
        }
        tables::PutCleanupPolicy(transaction, std::move(row));
        return absl::OkStatus();
      },
      Durability::kSynced));
  if (!ended) return absl::OkStatus();
  if (outcome.ok()) {
    spdlog::info("cleanup of group {}: deleted {} cache entries ({} bytes)",
                 work.group, ended->deleted_count(), ended->deleted_bytes());
  } else {
    spdlog::warn("cleanup of group {} failed: {}", work.group,
                 outcome.ToString());
  }
  return absl::OkStatus();
}

}  // namespace cvr
