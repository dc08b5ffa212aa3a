#include "tools/cvr/commands/operation_commands.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/operation_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/filter_text.h"
#include "tools/cvr/commands/operation_view.h"
#include "tools/cvr/commands/operation_wait.h"

namespace cvr {
namespace {

using Stub = v1::OperationService::Stub;

struct OperationListOptions {
  std::string group = kAllGroups;
  std::optional<bool> done;
  std::string method;
  std::string filter;
};

absl::Status List(Session& session, const OperationListOptions& options) {
  FilterText filter;
  if (options.done) {
    filter.AddTerms(*options.done ? "done = true" : "done = false");
  }
  filter.AddEqual("method", options.method);
  filter.AddTerms(options.filter);
  v1::ListOperationsRequest request;
  request.set_group(options.group);
  request.set_filter(filter.ToString());
  ASSIGN_OR_RETURN(
      auto found,
      session.server.List(&Stub::ListOperations,
                          &v1::ListOperationsResponse::operations, request));
  for (v1::Operation& operation : found) {
    operation = WithKnownTypes(std::move(operation));
  }
  session.output.PrintList(found, OperationTable);
  return absl::OkStatus();
}

void AddList(CommandGroup& operations) {
  const auto options = std::make_shared<OperationListOptions>();
  CLI::App& command = operations.Add(
      "list", "List operations of the last 7 days, newest first",
      [options](Session& session) { return List(session, *options); });
  command.add_option("--group", options->group,
                     "Only operations of this group (default: all groups)");
  AddSwitch(command, "--done,!--no-done", options->done,
            "Only operations that have ended, or that have not");
  command
      .add_option("--method", options->method,
                  "Only operations of this method, for example "
                  "CacheService.PurgeUpstreamCache")
      ->type_name("METHOD");
  command
      .add_option("--filter", options->filter,
                  "Only operations that match, for example 'done = false'. "
                  "Fields: done, method")
      ->type_name("FILTER");
}

absl::StatusOr<v1::Operation> Get(Session& session, int64_t id) {
  v1::GetOperationRequest request;
  request.set_id(id);
  return session.server.Call(&Stub::GetOperation, request);
}

void AddGet(CommandGroup& operations) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = operations.Add(
      "get", "Show an operation", [id](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const v1::Operation operation, Get(session, *id));
        PrintOperation(session, operation);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the operation")->required();
}

struct WaitOptions {
  int64_t id = 0;
  std::optional<std::string> wait_timeout;
};

absl::Status Wait(Session& session, const WaitOptions& options) {
  absl::Duration timeout = absl::InfiniteDuration();
  if (options.wait_timeout) {
    ASSIGN_OR_RETURN(const auto parsed, ParseDuration(*options.wait_timeout));
    timeout = FromWire(parsed);
  }
  v1::Operation operation;
  operation.set_id(options.id);
  ASSIGN_OR_RETURN(const v1::Operation ended,
                   WaitForEnd(session, operation, timeout));
  PrintOperation(session, ended);
  return ErrorOf(ended);
}

void AddWait(CommandGroup& operations) {
  const auto options = std::make_shared<WaitOptions>();
  CLI::App& command = operations.Add(
      "wait", "Wait until an operation has ended, and show it",
      [options](Session& session) { return Wait(session, *options); });
  AddId(command, "ID", options->id, "ID of the operation")->required();
  command
      .add_option("--wait-timeout", options->wait_timeout,
                  "Fail if it has not ended after this time (default: no "
                  "limit)")
      ->type_name("DURATION");
}

void AddCancel(CommandGroup& operations) {
  const auto ids = std::make_shared<std::vector<int64_t>>();
  CLI::App& command = operations.Add(
      "cancel", "Ask operations to end early",
      [ids](Session& session) -> absl::Status {
        for (const int64_t id : *ids) {
          v1::CancelOperationRequest request;
          request.set_id(id);
          RETURN_IF_ERROR(
              session.server.Call(&Stub::CancelOperation, request).status());
          session.output.PrintNote(
              absl::StrCat("operation ", id, ": cancellation requested"));
        }
        return absl::OkStatus();
      });
  AddIds(command, "ID", *ids, "IDs of the operations")->required();
}

}  // namespace

void AddOperationCommands(CLI::App& root, Action* chosen) {
  CommandGroup operations(root, "operation",
                          "Follow operations: purges, cleanups and other work "
                          "that takes long",
                          chosen);
  AddList(operations);
  AddGet(operations);
  AddWait(operations);
  AddCancel(operations);
}

}  // namespace cvr
