#include "services/metadata/tables/cleanup_tables.h"

#include <cstdint>
#include <string>

#include "google/rpc/code.pb.h"
#include "services/common/limits.h"
#include "services/metadata/tables/table_rows.h"

namespace cvr::tables {
namespace {

// Of a policy that nobody has changed yet: less than any that NextEtag() makes.
constexpr char kFirstEtag[] = "0";

constexpr int64_t kSecondsPerDay = int64_t{24} * 60 * 60;

void SetDays(google::protobuf::Duration& duration, int64_t days) {
  duration.set_seconds(days * kSecondsPerDay);
}

// The last run, as earlier revisions have kept it in the policy itself.
stored::CleanupRun RunOf(const stored::CleanupPolicyResource& old) {
  stored::CleanupRun run;
  *run.mutable_start_time() = old.last_run_time();
  run.set_deleted_count(old.last_run_deleted_entries());
  run.set_deleted_bytes(old.last_run_deleted_bytes());
  switch (old.status()) {
    case stored::CleanupPolicyResource::STATUS_RUNNING:
      run.set_state(stored::CleanupRun::STATE_RUNNING);
      return run;
    case stored::CleanupPolicyResource::STATUS_FAILED:
      run.set_state(stored::CleanupRun::STATE_FAILED);
      // The code was not kept.
      run.mutable_error()->set_code(google::rpc::UNKNOWN);
      run.mutable_error()->set_message(old.failure_message());
      break;
    default:
      run.set_state(stored::CleanupRun::STATE_SUCCEEDED);
  }
  // When it ended was not kept, either.
  *run.mutable_end_time() = old.last_run_time();
  return run;
}

// Fills in what a row of an earlier revision, or none, does not have.
void Complete(stored::CleanupPolicy& row) {
  stored::CleanupPolicyResource& policy = *row.mutable_policy();
  if (row.runs().empty() && policy.has_last_run_time()) {
    *row.add_runs() = RunOf(policy);
  }
  policy.clear_status();
  policy.clear_last_run_time();
  policy.clear_last_run_deleted_bytes();
  policy.clear_last_run_deleted_entries();
  policy.clear_failure_message();
  if (!policy.has_keep_after_last_pull()) {
    const int days = policy.keep_n_days_after_download();
    SetDays(*policy.mutable_keep_after_last_pull(),
            days == 0 ? limits::kCleanupKeepDaysDefault : days);
  }
  policy.clear_keep_n_days_after_download();
  if (!policy.has_run_interval()) {
    const int days = policy.cadence_days();
    SetDays(*policy.mutable_run_interval(),
            days == 0 ? limits::kCleanupRunIntervalDaysDefault : days);
  }
  policy.clear_cadence_days();
  if (policy.etag().empty()) policy.set_etag(kFirstEtag);
}

}  // namespace

absl::StatusOr<stored::CleanupPolicy> CleanupPolicyOf(
    const ReadTransaction& transaction, absl::string_view group) {
  ASSIGN_OR_RETURN(
      const auto found,
      Find<stored::CleanupPolicy>(transaction, Table::kCleanupPolicies, group));
  stored::CleanupPolicy row = found.value_or(stored::CleanupPolicy());
  row.mutable_policy()->set_group(std::string(group));
  Complete(row);
  return row;
}

absl::Status VisitCleanupPolicies(
    const ReadTransaction& transaction,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CleanupPolicy&)>
        visitor) {
  return transaction.Scan(
      Table::kCleanupPolicies, "", "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(auto row, Parse<stored::CleanupPolicy>(
                                       Table::kCleanupPolicies, value));
        Complete(row);
        return visitor(row);
      });
}

void PutCleanupPolicy(WriteTransaction& transaction,
                      stored::CleanupPolicy row) {
  const int surplus = row.runs_size() - limits::kCleanupRunsMax;
  if (surplus > 0) row.mutable_runs()->DeleteSubrange(0, surplus);
  transaction.Put(Table::kCleanupPolicies, row.policy().group(),
                  row.SerializeAsString());
}

void DeleteCleanupPolicy(WriteTransaction& transaction,
                         absl::string_view group) {
  transaction.Delete(Table::kCleanupPolicies, group);
}

}  // namespace cvr::tables
