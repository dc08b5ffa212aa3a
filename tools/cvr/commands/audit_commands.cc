#include "tools/cvr/commands/audit_commands.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/audit_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/audit_view.h"
#include "tools/cvr/commands/filter_text.h"

namespace cvr {
namespace {

using Stub = v1::AuditService::Stub;

// Of one call; larger lists are made of several.
constexpr size_t kCallPageSize = 1000;

struct AuditListOptions {
  std::string group = kAllGroups;
  std::optional<int64_t> token_id;
  std::string start_time;
  std::string end_time;
  std::string method;
  std::string resource_type;
  std::optional<int64_t> resource_id;
  std::optional<int64_t> result_code;
  std::string filter;
  size_t page_size = 100;
  std::string page_token;
};

std::string FilterOf(const AuditListOptions& options) {
  FilterText filter;
  filter.AddEqual("method", options.method);
  filter.AddEqual("resource.type", options.resource_type);
  if (options.resource_id) {
    filter.AddNumber("resource.id", *options.resource_id);
  }
  if (options.result_code) {
    filter.AddNumber("result_code", *options.result_code);
  }
  filter.AddTerms(options.filter);
  return filter.ToString();
}

absl::StatusOr<v1::ListAuditEventsRequest> ToRequest(
    const AuditListOptions& options) {
  v1::ListAuditEventsRequest request;
  request.set_group(options.group);
  if (options.token_id) request.set_token_id(*options.token_id);
  if (!options.start_time.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_start_time(),
                     ParseTimeBefore(options.start_time, absl::Now()));
  }
  if (!options.end_time.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_end_time(),
                     ParseTimeBefore(options.end_time, absl::Now()));
  }
  request.set_filter(FilterOf(options));
  request.set_page_token(options.page_token);
  return request;
}

absl::Status List(Session& session, const AuditListOptions& options) {
  ASSIGN_OR_RETURN(v1::ListAuditEventsRequest request, ToRequest(options));
  const size_t max = options.page_size == 0 ? std::numeric_limits<size_t>::max()
                                            : options.page_size;
  std::vector<v1::AuditEvent> found;
  do {
    request.set_page_size(
        static_cast<int>(std::min(kCallPageSize, max - found.size())));
    ASSIGN_OR_RETURN(const v1::ListAuditEventsResponse page,
                     session.server.Call(&Stub::ListAuditEvents, request));
    found.insert(found.end(), page.audit_events().begin(),
                 page.audit_events().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && found.size() < max);
  session.output.PrintList(found, AuditTable);
  if (!request.page_token().empty()) {
    session.output.PrintNote(
        absl::StrCat("older events: --page-token ", request.page_token()));
  }
  return absl::OkStatus();
}

void AddFilters(CLI::App& command, AuditListOptions& options) {
  command
      .add_option("--token-id", options.token_id,
                  "Only calls with the access token with this ID; 0 = calls "
                  "without a valid access token")
      ->type_name("ID");
  command
      .add_option("--method", options.method,
                  "Only calls of this method, for example "
                  "RegistryService.CreateRegistry")
      ->type_name("METHOD");
  command
      .add_option("--resource-type", options.resource_type,
                  "Only changes of this type of resource: registry, upstream, "
                  "group, access_token, cache_entry, cleanup_policy, "
                  "attachment or operation")
      ->type_name("TYPE");
  command
      .add_option("--resource-id", options.resource_id,
                  "Only changes of the resource with this ID")
      ->type_name("ID");
  command
      .add_option("--result-code", options.result_code,
                  "Only calls that ended with this gRPC code; 0 = OK")
      ->type_name("CODE");
  command
      .add_option("--filter", options.filter,
                  "Only events that match, for example 'resource.type = "
                  "\"upstream\"'. Fields: method, resource.type, resource.id, "
                  "result_code")
      ->type_name("FILTER");
}

void AddList(CommandGroup& audit) {
  const auto options = std::make_shared<AuditListOptions>();
  CLI::App& command = audit.Add(
      "list", "List who changed what, newest first",
      [options](Session& session) { return List(session, *options); });
  command
      .add_option("--start-time", options->start_time,
                  "Only events at or after this time: an age (24h, 7d) or a "
                  "timestamp (2026-11-25T06:00:00Z)")
      ->type_name("WHEN");
  command
      .add_option("--end-time", options->end_time,
                  "Only events before this time (same format as --start-time)")
      ->type_name("WHEN");
  command.add_option("--group", options->group,
                     "Only changes in this group (default: all events)");
  AddFilters(command, *options);
  command
      .add_option("--page-size", options->page_size,
                  "Maximum number of events; 0 = all")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--page-token", options->page_token,
                  "Go on where an earlier list ended, which showed this "
                  "token; the other options must be the same")
      ->type_name("TOKEN");
}

void AddGet(CommandGroup& audit) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = audit.Add(
      "get", "Show an audit event with its request",
      [id](Session& session) -> absl::Status {
        v1::GetAuditEventRequest request;
        request.set_id(*id);
        ASSIGN_OR_RETURN(const v1::AuditEvent event,
                         session.server.Call(&Stub::GetAuditEvent, request));
        session.output.PrintObject(event, AuditFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the audit event")->required();
}

absl::Status Watch(Session& session, const std::optional<int64_t>& after_id) {
  v1::WatchAuditEventsRequest request;
  if (after_id) request.set_after_id(*after_id);
  std::ostream& out = session.output.stream();
  return session.server
      .Watch<Stub, v1::WatchAuditEventsRequest, v1::WatchAuditEventsResponse>(
          &Stub::WatchAuditEvents, request,
          [&](const v1::WatchAuditEventsResponse& response) {
            for (const v1::AuditEvent& event : response.audit_events()) {
              out << (session.output.for_people()
                          ? AuditLine(event)
                          : ToJson(event, /*pretty=*/false))
                  << "\n";
            }
            out.flush();
          });
}

void AddWatch(CommandGroup& audit) {
  const auto after_id = std::make_shared<std::optional<int64_t>>();
  CLI::App& command = audit.Add(
      "watch", "Show audit events as they come, until Ctrl-C",
      [after_id](Session& session) { return Watch(session, *after_id); });
  command
      .add_option("--after-id", *after_id,
                  "First show the events after the one with this ID; 0 = all "
                  "(default: only new events)")
      ->type_name("ID");
}

}  // namespace

void AddAuditCommands(CLI::App& root, Action* chosen) {
  CommandGroup audit(root, "audit", "Show the audit log: who changed what",
                     chosen);
  AddList(audit);
  AddGet(audit);
  AddWatch(audit);
}

}  // namespace cvr
