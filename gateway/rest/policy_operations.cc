#include "gateway/rest/policy_operations.h"

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "gateway/rest/operation_support.h"
#include "gateway/rest/resources.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"

// Every group has a cleanup policy, which is never created or deleted. Here
// there is one from its first change on, until it is deleted: then it is set
// back to its defaults, and hidden until it is changed again.
namespace cvr::rest {
namespace {

using Stub = v1::CleanupPolicyService::Stub;
using FacadeStub = internal::v1::FacadeService::Stub;
using internal::v1::FacadeSettings;

constexpr absl::Duration kDay = absl::Hours(24);

// How the fields of policies are named here and there.
constexpr std::pair<const char*, const char*> kFields[] = {
    {"enabled", "enabled"},
    {"keep_n_days_after_download", "keep_after_last_pull"},
    {"cadence", "run_interval"},
};

// With what the request has; the mask names those fields.
v1::UpdateCleanupPolicyRequest UpdateFrom(const Arguments& arguments) {
  v1::UpdateCleanupPolicyRequest request;
  v1::CleanupPolicy& policy = *request.mutable_cleanup_policy();
  policy.set_group(arguments.Text("id"));
  policy.set_enabled(arguments.Flag("enabled"));
  if (arguments.Has("keep_n_days_after_download")) {
    *policy.mutable_keep_after_last_pull() =
        ToWire(arguments.Integer("keep_n_days_after_download") * kDay);
  }
  if (arguments.Has("cadence")) {
    *policy.mutable_run_interval() =
        ToWire(arguments.Integer("cadence") * kDay);
  }
  for (const auto& [here, there] : kFields) {
    if (arguments.Has(here)) request.mutable_update_mask()->add_paths(there);
  }
  return request;
}

absl::StatusOr<v1::CleanupPolicy> Change(
    const RestCall& call, const v1::UpdateCleanupPolicyRequest& request) {
  return call.Ask(call.services.policies, &Stub::UpdateCleanupPolicy, request);
}

// What Change() would answer.
absl::StatusOr<v1::CleanupPolicy> CheckChange(
    const RestCall& call, v1::UpdateCleanupPolicyRequest request) {
  request.set_validate_only(true);
  return Change(call, request);
}

absl::StatusOr<FacadeSettings> GetSettings(const RestCall& call) {
  internal::v1::GetFacadeSettingsRequest request;
  request.set_group(call.arguments.Text("id"));
  ASSIGN_OR_RETURN(
      const auto response,
      call.Ask(call.services.facade, &FacadeStub::GetFacadeSettings, request));
  return response.settings();
}

absl::StatusOr<FacadeSettings> SetSettings(const RestCall& call,
                                           const FacadeSettings& settings) {
  internal::v1::UpdateFacadeSettingsRequest request;
  request.set_group(call.arguments.Text("id"));
  *request.mutable_settings() = settings;
  ASSIGN_OR_RETURN(const auto response,
                   call.Ask(call.services.facade,
                            &FacadeStub::UpdateFacadeSettings, request));
  return response.settings();
}

// Of a policy that there is. Errors: NOT_FOUND.
absl::StatusOr<FacadeSettings> RequireSettings(const RestCall& call) {
  ASSIGN_OR_RETURN(auto settings, GetSettings(call));
  if (settings.shows_cleanup_policy()) return settings;
  return errors::NoSuch("cleanup policy of group", call.arguments.Text("id"));
}

absl::StatusOr<v1::CleanupPolicy> GetPolicy(const RestCall& call) {
  v1::GetCleanupPolicyRequest request;
  request.set_group(call.arguments.Text("id"));
  return call.Ask(call.services.policies, &Stub::GetCleanupPolicy, request);
}

absl::StatusOr<RestAnswer> Get(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto settings, RequireSettings(call));
  ASSIGN_OR_RETURN(const auto policy, GetPolicy(call));
  return Answer(CleanupPolicyJson(policy, settings));
}

absl::StatusOr<RestAnswer> Create(const RestCall& call) {
  const auto request = UpdateFrom(call.arguments);
  // First, so that who may not is told that, and not what there is.
  RETURN_IF_ERROR(CheckChange(call, request).status());
  ASSIGN_OR_RETURN(FacadeSettings settings, GetSettings(call));
  if (settings.shows_cleanup_policy()) {
    return errors::FieldInvalid("group", "has already been taken");
  }
  ASSIGN_OR_RETURN(const auto policy, Change(call, request));
  settings.set_notify_on_success(call.arguments.Flag("notify_on_success"));
  settings.set_notify_on_failure(call.arguments.Flag("notify_on_failure"));
  settings.set_shows_cleanup_policy(true);
  ASSIGN_OR_RETURN(settings, SetSettings(call, settings));
  return Created(CleanupPolicyJson(policy, settings));
}

absl::StatusOr<RestAnswer> Update(const RestCall& call) {
  const Arguments& arguments = call.arguments;
  const auto request = UpdateFrom(arguments);
  ASSIGN_OR_RETURN(auto policy, CheckChange(call, request));
  ASSIGN_OR_RETURN(FacadeSettings settings, RequireSettings(call));
  if (!request.update_mask().paths().empty()) {
    ASSIGN_OR_RETURN(policy, Change(call, request));
  }
  const bool has_success = arguments.Has("notify_on_success");
  const bool has_failure = arguments.Has("notify_on_failure");
  if (has_success) {
    settings.set_notify_on_success(arguments.Flag("notify_on_success"));
  }
  if (has_failure) {
    settings.set_notify_on_failure(arguments.Flag("notify_on_failure"));
  }
  if (has_success || has_failure) {
    ASSIGN_OR_RETURN(settings, SetSettings(call, settings));
  }
  return Answer(CleanupPolicyJson(policy, settings));
}

absl::StatusOr<RestAnswer> Delete(const RestCall& call) {
  RETURN_IF_ERROR(RequireSettings(call).status());
  ASSIGN_OR_RETURN(const auto policy, GetPolicy(call));
  RETURN_IF_ERROR(CheckUnmodified(call, policy.update_time()));
  v1::UpdateCleanupPolicyRequest request;
  request.mutable_cleanup_policy()->set_group(policy.group());
  request.mutable_cleanup_policy()->set_etag(
      EtagToInsistOn(call, policy.etag()));
  for (const auto& [here, there] : kFields) {
    request.mutable_update_mask()->add_paths(there);
  }
  RETURN_IF_ERROR(Change(call, request).status());
  RETURN_IF_ERROR(SetSettings(call, FacadeSettings()).status());
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
