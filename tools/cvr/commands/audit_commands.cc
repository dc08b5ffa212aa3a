#include "tools/cvr/commands/audit_commands.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/audit_service.grpc.pb.h"
#include "cvr/v1/secret_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

// `ci (4)`; `-` when nobody was known.
std::string WhoText(const v1::AuditEvent& event) {
  if (event.token_id() == 0) return "";
  return absl::StrCat(event.token_name(), " (", event.token_id(), ")");
}

std::string AsTable(const std::vector<v1::AuditEvent>& events) {
  TextTable table({{"TIME"},
                   {"WHO"},
                   {"FROM"},
                   {"METHOD"},
                   {"OBJECT"},
                   {"GROUP"},
                   {"RESULT"}});
  for (const v1::AuditEvent& event : events) {
    table.AddRow({TimeText(event.time()), WhoText(event), event.peer(),
                  event.method(), event.object(), event.group(),
                  event.result()});
  }
  return table.ToString();
}

struct ListOptions {
  v1::ListAuditEventsRequest request;
  int64_t token_id = 0;
  std::string since;
  std::string until;
  size_t max = 100;
};

absl::Status List(Session& session, const ListOptions& options) {
  v1::ListAuditEventsRequest request = options.request;
  request.set_token_id(options.token_id);
  if (!options.since.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_start_time(),
                     ParseTimeBefore(options.since, absl::Now()));
  }
  if (!options.until.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_end_time(),
                     ParseTimeBefore(options.until, absl::Now()));
  }
  const size_t max =
      options.max == 0 ? std::numeric_limits<size_t>::max() : options.max;
  ASSIGN_OR_RETURN(
      const auto found,
      session.server.List(&v1::AuditService::Stub::ListAuditEvents,
                          &v1::ListAuditEventsResponse::audit_events, request,
                          max));
  session.output.PrintList(found, AsTable);
  return absl::OkStatus();
}

void AddList(CommandGroup& audit) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App& command = audit.Add(
      "list", "List who changed what, newest first",
      [options](Session& session) { return List(session, *options); });
  command
      .add_option("--since", options->since,
                  "Only events after this time: an age (24h, 7d) or a "
                  "timestamp (2026-11-25T06:00:00Z)")
      ->type_name("WHEN");
  command
      .add_option("--until", options->until,
                  "Only events before this time (same format as --since)")
      ->type_name("WHEN");
  command.add_option("--group", *options->request.mutable_group(),
                     "Only events of this group");
  AddId(command, "--token-id", options->token_id,
        "Only events caused by the access token with this ID");
  command
      .add_option("--max", options->max, "Maximum number of events; 0 = all")
      ->type_name("N")
      ->capture_default_str();
}

std::string RotationText(const v1::RotateSecretKeyResponse& response) {
  return absl::StrCat(
      "secret key rotated; re-encrypted secrets: ", response.secrets(), "\n");
}

}  // namespace

void AddAuditCommands(CLI::App& root, Action* chosen) {
  CommandGroup audit(root, "audit", "Show the audit log: who changed what",
                     chosen);
  AddList(audit);
  CommandGroup secrets(root, "secret",
                       "Manage the encryption of stored secrets", chosen);
  secrets.Add("rotate-key", "Rotate the key that encrypts stored secrets",
              [](Session& session) -> absl::Status {
                ASSIGN_OR_RETURN(const v1::RotateSecretKeyResponse response,
                                 session.server.Call(
                                     &v1::SecretService::Stub::RotateSecretKey,
                                     v1::RotateSecretKeyRequest()));
                session.output.PrintObject(response, RotationText);
                return absl::OkStatus();
              });
}

}  // namespace cvr
