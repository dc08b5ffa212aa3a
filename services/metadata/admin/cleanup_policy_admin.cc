#include "services/metadata/admin/cleanup_policy_admin.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/metadata/admin/cleanup_runner.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/conversion/cleanup_policy_conversion.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/resources/update_mask.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

using internal::v1::FacadeSettings;

absl::StatusOr<stored::CleanupPolicy> PolicyOf(
    const ReadTransaction& transaction, const std::string& group) {
  RETURN_IF_ERROR(RequireGroup(transaction, group));
  return tables::CleanupPolicyOf(transaction, group);
}

void FillDefaults(v1::CleanupPolicy& policy) {
  constexpr absl::Duration kDay = absl::Hours(24);
  if (!policy.has_keep_after_last_pull()) {
    *policy.mutable_keep_after_last_pull() =
        ToWire(limits::kCleanupKeepDaysDefault * kDay);
  }
  if (!policy.has_run_interval()) {
    *policy.mutable_run_interval() =
        ToWire(limits::kCleanupRunIntervalDaysDefault * kDay);
  }
}

// Plans the next run from now, unless it is planned with the interval already.
void PlanNextRun(const v1::CleanupPolicy& before, absl::Time now,
                 v1::CleanupPolicy& policy) {
  if (!policy.enabled()) {
    policy.clear_next_run_time();
    return;
  }
  const absl::Duration interval = FromWire(policy.run_interval());
  if (policy.has_next_run_time() &&
      FromWire(before.run_interval()) == interval) {
    return;
  }
  *policy.mutable_next_run_time() = ToWire(now + interval);
}

void NoteChange(absl::Time now, v1::CleanupPolicy& policy) {
  policy.set_etag(NextEtag(policy.etag(), now));
  *policy.mutable_update_time() = ToWire(now);
  if (!policy.has_create_time()) *policy.mutable_create_time() = ToWire(now);
}

FacadeSettings SettingsOf(const stored::CleanupPolicy& row) {
  FacadeSettings settings;
  settings.set_notify_on_success(row.policy().notify_on_success());
  settings.set_notify_on_failure(row.policy().notify_on_failure());
  settings.set_shows_cleanup_policy(row.policy().has_create_time() &&
                                    !row.is_hidden_from_facade());
  return settings;
}

}  // namespace

absl::StatusOr<v1::CleanupPolicy> CleanupPolicyAdmin::Get(
    const v1::GetCleanupPolicyRequest& request) const {
  return ReadValue<v1::CleanupPolicy>(
      store_,
      [&](const ReadTransaction& transaction)
          -> absl::StatusOr<v1::CleanupPolicy> {
        ASSIGN_OR_RETURN(const auto row,
                         PolicyOf(transaction, request.group()));
        return ToApi(row);
      });
}

absl::StatusOr<v1::CleanupPolicy> CleanupPolicyAdmin::Update(
    const v1::UpdateCleanupPolicyRequest& request) {
  const v1::CleanupPolicy& given = request.cleanup_policy();
  const auto change =
      [&](const ReadTransaction& transaction,
          stored::CleanupPolicy& row) -> absl::StatusOr<v1::CleanupPolicy> {
    ASSIGN_OR_RETURN(row, PolicyOf(transaction, given.group()));
    const v1::CleanupPolicy before = ToApi(row);
    RETURN_IF_ERROR(CheckEtag({"cleanup_policy", before.group()}, given.etag(),
                              before.etag()));
    v1::CleanupPolicy policy = before;
    RETURN_IF_ERROR(ApplyUpdate(request.update_mask(), given, policy));
    FillDefaults(policy);
    RETURN_IF_ERROR(Validate(policy));
    const absl::Time now = clock_.SteadyNow();
    PlanNextRun(before, now, policy);
    NoteChange(now, policy);
    CopyToStored(policy, *row.mutable_policy());
    row.set_is_hidden_from_facade(false);
    return policy;
  };
  if (request.validate_only()) {
    return ReadValue<v1::CleanupPolicy>(
        store_, [&](const ReadTransaction& transaction) {
          stored::CleanupPolicy row;
          return change(transaction, row);
        });
  }
  return WriteValue<v1::CleanupPolicy>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::CleanupPolicy> {
        stored::CleanupPolicy row;
        ASSIGN_OR_RETURN(auto policy, change(transaction, row));
        tables::PutCleanupPolicy(transaction, std::move(row));
        return policy;
      });
}

absl::StatusOr<v1::Operation> CleanupPolicyAdmin::Run(
    const v1::RunCleanupRequest& request, const Caller& caller) {
  const NewOperation operation = {.method = kRunCleanup,
                                  .group = request.group(),
                                  .request_id = request.request_id(),
                                  .token_id = caller.token_id};
  if (request.validate_only()) {
    ASSIGN_OR_RETURN(const auto run, Foresee(request.group()));
    return operations_.Imagined(operation, run);
  }
  return WriteValue<v1::Operation>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::Operation> {
        RETURN_IF_ERROR(RequireGroup(transaction, request.group()));
        return operations_.StartIn(transaction, operation);
      });
}

absl::StatusOr<v1::CleanupRun> CleanupPolicyAdmin::Foresee(
    const std::string& group) const {
  RETURN_IF_ERROR(pulls_.Flush());
  const absl::Time now = clock_.SteadyNow();
  v1::CleanupRun run;
  run.set_state(v1::CleanupRun::STATE_SUCCEEDED);
  *run.mutable_start_time() = ToWire(now);
  *run.mutable_end_time() = ToWire(now);
  RETURN_IF_ERROR(
      store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row, PolicyOf(transaction, group));
        ASSIGN_OR_RETURN(const auto upstreams,
                         tables::UpstreamsOfGroup(transaction, group));
        for (const int64_t id : upstreams) {
          RETURN_IF_ERROR(tables::VisitCacheEntriesByPath(
              transaction, id,
              [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
                if (!IsTooOld(entry, row.policy(), now)) return true;
                run.set_deleted_count(run.deleted_count() + 1);
                run.set_deleted_bytes(run.deleted_bytes() + entry.size());
                return true;
              }));
        }
        return absl::OkStatus();
      }));
  return run;
}

absl::StatusOr<v1::ListCleanupRunsResponse> CleanupPolicyAdmin::ListRuns(
    const v1::ListCleanupRunsRequest& request) const {
  const std::string scope =
      KeyBuilder().String("cleanup_runs").Rest(request.group()).Build();
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t before,
                   ParseIdPageToken(scope, request.page_token()));
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<stored::CleanupPolicy>(
                       store_, [&](const ReadTransaction& transaction) {
                         return PolicyOf(transaction, request.group());
                       }));
  v1::ListCleanupRunsResponse response;
  int64_t last = 0;
  for (auto run = row.runs().rbegin(); run != row.runs().rend(); ++run) {
    if (before != 0 && run->number() >= before) continue;
    if (response.runs_size() == page_size) {
      response.set_next_page_token(MakePageToken(scope, last));
      break;
    }
    *response.add_runs() = ToApi(*run);
    last = run->number();
  }
  return response;
}

absl::StatusOr<internal::v1::GetFacadeSettingsResponse>
CleanupPolicyAdmin::GetFacadeSettings(
    const internal::v1::GetFacadeSettingsRequest& request) const {
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<stored::CleanupPolicy>(
                       store_, [&](const ReadTransaction& transaction) {
                         return PolicyOf(transaction, request.group());
                       }));
  internal::v1::GetFacadeSettingsResponse response;
  *response.mutable_settings() = SettingsOf(row);
  return response;
}

absl::StatusOr<internal::v1::UpdateFacadeSettingsResponse>
CleanupPolicyAdmin::UpdateFacadeSettings(
    const internal::v1::UpdateFacadeSettingsRequest& request) {
  using Response = internal::v1::UpdateFacadeSettingsResponse;
  return WriteValue<Response>(
      store_, [&](WriteTransaction& transaction) -> absl::StatusOr<Response> {
        ASSIGN_OR_RETURN(auto row, PolicyOf(transaction, request.group()));
        const FacadeSettings& settings = request.settings();
        stored::CleanupPolicyResource& policy = *row.mutable_policy();
        policy.set_notify_on_success(settings.notify_on_success());
        policy.set_notify_on_failure(settings.notify_on_failure());
        if (!settings.shows_cleanup_policy()) {
          row.set_is_hidden_from_facade(true);
        }
        Response response;
        *response.mutable_settings() = SettingsOf(row);
        tables::PutCleanupPolicy(transaction, std::move(row));
        return response;
      });
}

}  // namespace cvr
