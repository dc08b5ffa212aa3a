#include "gateway/rest/policy_operations.h"

#include <utility>

#include "gateway/rest/operation_support.h"
#include "gateway/rest/resources.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr::rest {
namespace {

using Stub = v1::CleanupPolicyService::Stub;

// How the fields are named here and there.
constexpr std::pair<const char*, const char*> kFields[] = {
    {"enabled", "enabled"},
    {"keep_n_days_after_download", "keep_n_days_after_download"},
    {"cadence", "cadence_days"},
    {"notify_on_success", "notify_on_success"},
    {"notify_on_failure", "notify_on_failure"},
};

v1::CleanupPolicy PolicyFrom(const Arguments& arguments) {
  v1::CleanupPolicy policy;
  policy.set_group(arguments.Text("id"));
  policy.set_enabled(arguments.Flag("enabled"));
  policy.set_keep_n_days_after_download(
      static_cast<int32_t>(arguments.Integer("keep_n_days_after_download")));
  policy.set_cadence_days(static_cast<int32_t>(arguments.Integer("cadence")));
  policy.set_notify_on_success(arguments.Flag("notify_on_success"));
  policy.set_notify_on_failure(arguments.Flag("notify_on_failure"));
  return policy;
}

absl::StatusOr<v1::CleanupPolicy> GetPolicy(const RestCall& call) {
  v1::GetCleanupPolicyRequest request;
  request.set_group(call.arguments.Text("id"));
  return call.Ask(call.services.policies, &Stub::GetCleanupPolicy, request);
}

absl::StatusOr<RestAnswer> Get(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto policy, GetPolicy(call));
  return Answer(CleanupPolicyJson(policy));
}

absl::StatusOr<RestAnswer> Create(const RestCall& call) {
  v1::CreateCleanupPolicyRequest request;
  *request.mutable_cleanup_policy() = PolicyFrom(call.arguments);
  const auto made =
      call.Ask(call.services.policies, &Stub::CreateCleanupPolicy, request);
  if (made.ok()) return Created(CleanupPolicyJson(*made));
  return AsFieldError(made.status(), absl::StatusCode::kAlreadyExists, "group",
                      "has already been taken");
}

absl::StatusOr<RestAnswer> Update(const RestCall& call) {
  v1::UpdateCleanupPolicyRequest request;
  *request.mutable_cleanup_policy() = PolicyFrom(call.arguments);
  for (const auto& [here, there] : kFields) {
    if (call.arguments.Has(here)) {
      request.mutable_update_mask()->add_paths(there);
    }
  }
  ASSIGN_OR_RETURN(
      const auto now,
      call.Ask(call.services.policies, &Stub::UpdateCleanupPolicy, request));
  return Answer(CleanupPolicyJson(now));
}

absl::StatusOr<RestAnswer> Delete(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto policy, GetPolicy(call));
  RETURN_IF_ERROR(CheckUnmodified(call, policy.update_time()));
  v1::DeleteCleanupPolicyRequest request;
  request.set_group(policy.group());
  request.set_etag(EtagToInsistOn(call, policy.etag()));
  RETURN_IF_ERROR(
      call.Ask(call.services.policies, &Stub::DeleteCleanupPolicy, request)
          .status());
  return NoContent();
}

}  // namespace

RestHandlers PolicyOperations() {
  return {{"getCleanupPolicy", Get},
          {"createCleanupPolicy", Create},
          {"updateCleanupPolicy", Update},
          {"deleteCleanupPolicy", Delete}};
}

}  // namespace cvr::rest
