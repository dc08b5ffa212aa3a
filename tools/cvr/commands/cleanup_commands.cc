#include "tools/cvr/commands/cleanup_commands.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/cleanup_view.h"
#include "tools/cvr/commands/deletion.h"
#include "tools/cvr/commands/operation_wait.h"

namespace cvr {
namespace {

using Stub = v1::CleanupPolicyService::Stub;
using v1::CleanupPolicy;

void AddGroup(CLI::App& command, std::string& group) {
  command.add_option("GROUP", group, "Name of the group")->required();
}

void AddGet(CommandGroup& cleanup) {
  const auto request = std::make_shared<v1::GetCleanupPolicyRequest>();
  CLI::App& command =
      cleanup.Add("get", "Show a group's cleanup policy",
                  [request](Session& session) -> absl::Status {
                    ASSIGN_OR_RETURN(
                        const CleanupPolicy policy,
                        session.server.Call(&Stub::GetCleanupPolicy, *request));
                    session.output.PrintObject(policy, CleanupFields);
                    return absl::OkStatus();
                  });
  AddGroup(command, *request->mutable_group());
}

struct CleanupUpdateOptions {
  std::string group;
  std::optional<bool> enabled;
  std::optional<std::string> keep_after_last_pull;
  std::optional<std::string> run_interval;
  std::string etag;
  bool validate_only = false;
};

absl::StatusOr<v1::UpdateCleanupPolicyRequest> ToRequest(
    const CleanupUpdateOptions& options) {
  v1::UpdateCleanupPolicyRequest request;
  request.set_validate_only(options.validate_only);
  CleanupPolicy& policy = *request.mutable_cleanup_policy();
  auto& mask = *request.mutable_update_mask();
  policy.set_group(options.group);
  policy.set_etag(options.etag);
  if (options.enabled) {
    policy.set_enabled(*options.enabled);
    mask.add_paths("enabled");
  }
  if (options.keep_after_last_pull) {
    ASSIGN_OR_RETURN(*policy.mutable_keep_after_last_pull(),
                     ParseDuration(*options.keep_after_last_pull));
    mask.add_paths("keep_after_last_pull");
  }
  if (options.run_interval) {
    ASSIGN_OR_RETURN(*policy.mutable_run_interval(),
                     ParseDuration(*options.run_interval));
    mask.add_paths("run_interval");
  }
  if (mask.paths().empty()) {
    return absl::InvalidArgumentError(
        "no changes given (see cvr cleanup update --help)");
  }
  return request;
}

absl::Status Update(Session& session, const CleanupUpdateOptions& options) {
  ASSIGN_OR_RETURN(const auto request, ToRequest(options));
  ASSIGN_OR_RETURN(const CleanupPolicy policy,
                   session.server.Call(&Stub::UpdateCleanupPolicy, request));
  session.output.PrintObject(policy, CleanupFields);
  NoteValidation(session, options.validate_only);
  return absl::OkStatus();
}

void AddUpdate(CommandGroup& cleanup) {
  const auto options = std::make_shared<CleanupUpdateOptions>();
  CLI::App& command = cleanup.Add(
      "update",
      "Change a group's cleanup policy; options that are not given keep their "
      "values",
      [options](Session& session) { return Update(session, *options); });
  AddGroup(command, options->group);
  AddSwitch(command, "--enabled,!--no-enabled", options->enabled,
            "Run the policy automatically, or not");
  command
      .add_option("--keep-after-last-pull", options->keep_after_last_pull,
                  "Delete cache entries that were not pulled for this long: "
                  "1d to 365d, in whole days (default for a new group: 30d)")
      ->type_name("DURATION");
  command
      .add_option("--run-interval", options->run_interval,
                  "Time between runs: 1d, 7d, 14d, 30d or 90d (default for a "
                  "new group: 7d)")
      ->type_name("DURATION");
  AddEtag(command, options->etag);
  AddValidateOnly(command, options->validate_only);
}

struct CleanupRunOptions {
  v1::RunCleanupRequest request;
  bool validate_only = false;
  bool no_wait = false;
};

absl::Status RunNow(Session& session, const CleanupRunOptions& options) {
  v1::RunCleanupRequest request = options.request;
  request.set_validate_only(options.validate_only);
  ASSIGN_OR_RETURN(const v1::Operation operation,
                   session.server.Call(&Stub::RunCleanup, request));
  const char* const done =
      options.validate_only ? "would be deleted" : "deleted";
  return FinishOperation<v1::CleanupRun>(
      session, operation, options.no_wait, [done](const v1::CleanupRun& run) {
        return absl::StrCat("cache entries ", done, ": ", run.deleted_count(),
                            "; bytes: ", SizeText(run.deleted_bytes()), "\n");
      });
}

void AddRun(CommandGroup& cleanup) {
  const auto options = std::make_shared<CleanupRunOptions>();
  CLI::App& command = cleanup.Add(
      "run", "Clean up a group now, even if its policy is disabled",
      [options](Session& session) { return RunNow(session, *options); });
  AddGroup(command, *options->request.mutable_group());
  command.add_flag("--validate-only", options->validate_only,
                   "Show what would be deleted, without deleting it");
  AddNoWait(command, options->no_wait);
  AddRequestId(command, *options->request.mutable_request_id());
}

void AddRuns(CommandGroup& cleanup) {
  const auto request = std::make_shared<v1::ListCleanupRunsRequest>();
  CLI::App& command = cleanup.Add(
      "runs",
      "List the last 100 runs of a group's cleanup policy, newest first",
      [request](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto found,
            session.server.List(&Stub::ListCleanupRuns,
                                &v1::ListCleanupRunsResponse::runs, *request));
        session.output.PrintList(found, CleanupRunTable);
        return absl::OkStatus();
      });
  AddGroup(command, *request->mutable_group());
}

}  // namespace

void AddCleanupCommands(CLI::App& root, Action* chosen) {
  CommandGroup cleanup(root, "cleanup",
                       "Manage cleanup policies, which delete cache entries "
                       "that are no longer pulled",
                       chosen);
  AddGet(cleanup);
  AddUpdate(cleanup);
  AddRun(cleanup);
  AddRuns(cleanup);
}

}  // namespace cvr
