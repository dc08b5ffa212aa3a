#include "services/metadata/admin/cleanup_policy_admin.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/conversion/cleanup_policy_conversion.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/resources/field_masks.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

std::string GroupOf(const std::string& named) {
  return named.empty() ? kDefaultGroup : named;
}

absl::StatusOr<stored::CleanupPolicy> Require(
    const ReadTransaction& transaction, const std::string& group) {
  ASSIGN_OR_RETURN(auto row, tables::FindCleanupPolicy(transaction, group));
  if (!row) return errors::NoSuch("cleanup policy of group", group);
  return *std::move(row);
}

void FillDefaults(v1::CleanupPolicy& policy) {
  if (policy.keep_n_days_after_download() == 0) {
    policy.set_keep_n_days_after_download(limits::kCleanupKeepDaysDefault);
  }
  if (policy.cadence_days() == 0) {
    policy.set_cadence_days(limits::kCleanupCadenceDaysDefault);
  }
}

absl::Status ApplyUpdate(const v1::UpdateCleanupPolicyRequest& request,
                         v1::CleanupPolicy& policy) {
  using P = v1::CleanupPolicy;
  RETURN_IF_ERROR(ApplyMask<P>(
      request.update_mask(),
      {{"enabled", [](const P& f, P& t) { t.set_enabled(f.enabled()); }},
       {"keep_n_days_after_download",
        [](const P& f, P& t) {
          t.set_keep_n_days_after_download(f.keep_n_days_after_download());
        }},
       {"cadence_days",
        [](const P& f, P& t) { t.set_cadence_days(f.cadence_days()); }},
       {"notify_on_success",
        [](const P& f, P& t) {
          t.set_notify_on_success(f.notify_on_success());
        }},
       {"notify_on_failure",
        [](const P& f, P& t) {
          t.set_notify_on_failure(f.notify_on_failure());
        }}},
      request.cleanup_policy(), policy));
  RETURN_IF_ERROR(Validate(policy));
  FillDefaults(policy);
  return absl::OkStatus();
}

// Plans the next run from now, unless it is planned with the cadence already.
void PlanNextRun(const v1::CleanupPolicy& before, absl::Time now,
                 v1::CleanupPolicy& policy) {
  if (!policy.enabled()) {
    policy.clear_next_run_time();
    return;
  }
  if (policy.has_next_run_time() &&
      before.cadence_days() == policy.cadence_days()) {
    return;
  }
  *policy.mutable_next_run_time() =
      ToWire(now + policy.cadence_days() * absl::Hours(24));
}

void NoteChange(absl::Time now, v1::CleanupPolicy& policy) {
  policy.set_etag(NextEtag(policy.etag(), now));
  *policy.mutable_update_time() = ToWire(now);
}

}  // namespace

absl::StatusOr<v1::CleanupPolicy> CleanupPolicyAdmin::Create(
    const v1::CreateCleanupPolicyRequest& request) {
  const v1::CleanupPolicy& given = request.cleanup_policy();
  RETURN_IF_ERROR(Validate(given));
  const absl::Time now = clock_.SteadyNow();
  v1::CleanupPolicy policy;
  policy.set_group(GroupOf(given.group()));
  policy.set_enabled(given.enabled());
  policy.set_keep_n_days_after_download(given.keep_n_days_after_download());
  policy.set_cadence_days(given.cadence_days());
  policy.set_notify_on_success(given.notify_on_success());
  policy.set_notify_on_failure(given.notify_on_failure());
  policy.set_status(v1::CleanupPolicy::SCHEDULED);
  *policy.mutable_create_time() = ToWire(now);
  FillDefaults(policy);
  PlanNextRun(policy, now, policy);
  NoteChange(now, policy);
  return WriteValue<v1::CleanupPolicy>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::CleanupPolicy> {
        RETURN_IF_ERROR(RequireGroup(transaction, policy.group()));
        ASSIGN_OR_RETURN(const auto taken, tables::FindCleanupPolicy(
                                               transaction, policy.group()));
        if (taken) {
          return errors::Exists({"cleanup_policy", policy.group()},
                                absl::StrCat("group ", policy.group(),
                                             " already has a cleanup policy"));
        }
        stored::CleanupPolicy row;
        *row.mutable_policy() = ToStored(policy);
        tables::PutCleanupPolicy(transaction, row);
        return policy;
      });
}

absl::StatusOr<v1::CleanupPolicy> CleanupPolicyAdmin::Get(
    const v1::GetCleanupPolicyRequest& request) const {
  return ReadValue<v1::CleanupPolicy>(
      store_,
      [&](const ReadTransaction& transaction)
          -> absl::StatusOr<v1::CleanupPolicy> {
        ASSIGN_OR_RETURN(const auto row,
                         Require(transaction, GroupOf(request.group())));
        return ToApi(row.policy());
      });
}

absl::StatusOr<v1::CleanupPolicy> CleanupPolicyAdmin::Update(
    const v1::UpdateCleanupPolicyRequest& request) {
  const v1::CleanupPolicy& given = request.cleanup_policy();
  return WriteValue<v1::CleanupPolicy>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::CleanupPolicy> {
        ASSIGN_OR_RETURN(auto row,
                         Require(transaction, GroupOf(given.group())));
        const v1::CleanupPolicy before = ToApi(row.policy());
        RETURN_IF_ERROR(CheckEtag({"cleanup_policy", before.group()},
                                  given.etag(), before.etag()));
        v1::CleanupPolicy policy = before;
        RETURN_IF_ERROR(ApplyUpdate(request, policy));
        const absl::Time now = clock_.SteadyNow();
        PlanNextRun(before, now, policy);
        NoteChange(now, policy);
        *row.mutable_policy() = ToStored(policy);
        tables::PutCleanupPolicy(transaction, row);
        return policy;
      });
}

absl::Status CleanupPolicyAdmin::Delete(
    const v1::DeleteCleanupPolicyRequest& request) {
  const std::string group = GroupOf(request.group());
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row,
                         tables::FindCleanupPolicy(transaction, group));
        if (!row) return absl::OkStatus();
        RETURN_IF_ERROR(CheckEtag({"cleanup_policy", row->policy().group()},
                                  request.etag(), row->policy().etag()));
        tables::DeleteCleanupPolicy(transaction, group);
        return absl::OkStatus();
      },
      Durability::kSynced);
}

absl::StatusOr<v1::CleanupPolicy> CleanupPolicyAdmin::Run(
    const v1::RunCleanupPolicyRequest& request) {
  return WriteValue<v1::CleanupPolicy>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::CleanupPolicy> {
        ASSIGN_OR_RETURN(auto row,
                         Require(transaction, GroupOf(request.group())));
        row.set_is_run_requested(true);
        if (row.policy().enabled()) {
          *row.mutable_policy()->mutable_next_run_time() =
              ToWire(clock_.SteadyNow());
        }
        tables::PutCleanupPolicy(transaction, row);
        return ToApi(row.policy());
      });
}

}  // namespace cvr
