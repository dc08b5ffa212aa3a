#include "tools/cvr/commands/cleanup_commands.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/deletion.h"

namespace cvr {
namespace {

using Stub = v1::CleanupPolicyService::Stub;
using v1::CleanupPolicy;

std::string LastRunText(const CleanupPolicy& policy) {
  if (!policy.has_last_run_time()) return "never";
  return absl::StrCat(TimeText(policy.last_run_time()), ", ",
                      policy.last_run_deleted_entries(), " entries, ",
                      SizeText(policy.last_run_deleted_bytes()), " bytes");
}

std::string AsFields(const CleanupPolicy& policy) {
  FieldTable fields;
  fields.Add("group", policy.group());
  fields.Add("enabled", YesNo(policy.enabled()));
  fields.Add("keeps", absl::StrCat(policy.keep_n_days_after_download(),
                                   " days after the last download"));
  fields.Add("runs every", absl::StrCat(policy.cadence_days(), " days"));
  fields.Add("notify on success", YesNo(policy.notify_on_success()));
  fields.Add("notify on failure", YesNo(policy.notify_on_failure()));
  fields.Add("status", EnumText(policy.status()));
  fields.Add("next run", TimeText(policy.next_run_time()));
  fields.Add("last run", LastRunText(policy));
  fields.Add("failure", policy.failure_message());
  fields.Add("etag", policy.etag());
  return fields.ToString();
}

struct SetOptions {
  std::string group;
  std::optional<bool> enabled;
  std::optional<int32_t> keep_days;
  std::optional<int32_t> cadence_days;
  std::optional<bool> notify_on_success;
  std::optional<bool> notify_on_failure;
  std::string etag;
};

v1::UpdateCleanupPolicyRequest ToRequest(const SetOptions& options) {
  v1::UpdateCleanupPolicyRequest request;
  CleanupPolicy& policy = *request.mutable_cleanup_policy();
  auto& mask = *request.mutable_update_mask();
  policy.set_group(options.group);
  policy.set_etag(options.etag);
  if (options.enabled) {
    policy.set_enabled(*options.enabled);
    mask.add_paths("enabled");
  }
  if (options.keep_days) {
    policy.set_keep_n_days_after_download(*options.keep_days);
    mask.add_paths("keep_n_days_after_download");
  }
  if (options.cadence_days) {
    policy.set_cadence_days(*options.cadence_days);
    mask.add_paths("cadence_days");
  }
  if (options.notify_on_success) {
    policy.set_notify_on_success(*options.notify_on_success);
    mask.add_paths("notify_on_success");
  }
  if (options.notify_on_failure) {
    policy.set_notify_on_failure(*options.notify_on_failure);
    mask.add_paths("notify_on_failure");
  }
  return request;
}

absl::Status Set(Session& session, const SetOptions& options) {
  const v1::UpdateCleanupPolicyRequest update = ToRequest(options);
  if (update.update_mask().paths().empty()) {
    return absl::InvalidArgumentError(
        "nothing to change (see cvr cleanup set --help)");
  }
  auto policy = session.server.Call(&Stub::UpdateCleanupPolicy, update);
  // Whoever names an etag means a policy that there is.
  if (absl::IsNotFound(policy.status()) && options.etag.empty()) {
    v1::CreateCleanupPolicyRequest create;
    *create.mutable_cleanup_policy() = update.cleanup_policy();
    create.mutable_cleanup_policy()->set_enabled(
        options.enabled.value_or(true));
    policy = session.server.Call(&Stub::CreateCleanupPolicy, create);
  }
  if (!policy.ok()) return policy.status();
  session.output.PrintObject(*policy, AsFields);
  return absl::OkStatus();
}

void AddSet(CommandGroup& cleanup) {
  const auto options = std::make_shared<SetOptions>();
  CLI::App& command = cleanup.Add(
      "set", "Create or change the cleanup policy of a group",
      [options](Session& session) { return Set(session, *options); });
  command.add_option("GROUP", options->group, "Name of the group")->required();
  AddSwitch(command, "--enable,!--disable", options->enabled,
            "Run the policy automatically (default for a new policy: enabled)");
  command
      .add_option("--keep-days", options->keep_days,
                  "Delete cache entries that were not downloaded for this many "
                  "days: 1-365 (default for a new policy: 30)")
      ->check(PositiveInteger())
      ->type_name("N");
  command
      .add_option(
          "--cadence-days", options->cadence_days,
          "Days between runs: 1, 7, 14, 30 or 90 (default for a new policy: 7)")
      ->check(PositiveInteger())
      ->type_name("N");
  AddSwitch(command, "--notify-on-success,!--no-notify-on-success",
            options->notify_on_success,
            "Stored for API compatibility only; no notification is sent");
  AddSwitch(command, "--notify-on-failure,!--no-notify-on-failure",
            options->notify_on_failure,
            "Stored for API compatibility only; no notification is sent");
  AddEtag(command, options->etag);
}

// `cvr cleanup NAME GROUP`, which shows the policy that `method` answers with.
template <typename Request>
CLI::App& AddShowing(CommandGroup& cleanup, const char* name,
                     const char* description,
                     grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                  const Request&,
                                                  CleanupPolicy*)) {
  const auto request = std::make_shared<Request>();
  CLI::App& command = cleanup.Add(
      name, description, [request, method](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const CleanupPolicy policy,
                         session.server.Call(method, *request));
        session.output.PrintObject(policy, AsFields);
        return absl::OkStatus();
      });
  command.add_option("GROUP", *request->mutable_group(), "Name of the group")
      ->required();
  return command;
}

void AddDelete(CommandGroup& cleanup) {
  const auto request = std::make_shared<v1::DeleteCleanupPolicyRequest>();
  CLI::App& command = cleanup.Add(
      "delete", "Delete the cleanup policy of a group",
      [request](Session& session) -> absl::Status {
        v1::GetCleanupPolicyRequest get;
        get.set_group(request->group());
        return DeleteOne(
            session, &Stub::GetCleanupPolicy, get, &Stub::DeleteCleanupPolicy,
            *request,
            absl::StrCat("cleanup policy of group ", request->group()));
      });
  command.add_option("GROUP", *request->mutable_group(), "Name of the group")
      ->required();
  AddEtag(command, *request->mutable_etag());
}

}  // namespace

void AddCleanupCommands(CLI::App& root, Action* chosen) {
  CommandGroup cleanup(root, "cleanup",
                       "Manage cleanup policies, which delete cache entries "
                       "that are no longer pulled",
                       chosen);
  AddSet(cleanup);
  AddShowing(cleanup, "get", "Show a group's cleanup policy",
             &Stub::GetCleanupPolicy);
  AddShowing(cleanup, "run", "Start the cleanup of a group now",
             &Stub::RunCleanupPolicy);
  AddDelete(cleanup);
}

}  // namespace cvr
