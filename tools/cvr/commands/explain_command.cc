#include "tools/cvr/commands/explain_command.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/explain_service.grpc.pb.h"
#include "cvr/v1/upstream_state_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

using Considered = v1::ExplainResponse::Considered;

std::string AsText(const v1::ExplainResponse& response) {
  TextTable table({{"#", TextTable::Align::kRight},
                   {"UPSTREAM"},
                   {"VERDICT"},
                   {"BECAUSE"}});
  for (const Considered& considered : response.considered()) {
    table.AddRow({absl::StrCat(considered.position()),
                  absl::StrCat(considered.upstream_name(), " (",
                               considered.upstream_id(), ")"),
                  EnumText(considered.verdict()), considered.why()});
  }
  FieldTable outcome;
  outcome.Add("result of a pull", response.outcome());
  if (response.has_hit()) {
    outcome.Add("digest", response.hit().digest());
    outcome.Add("media type", response.hit().media_type());
    outcome.Add("size", SizeText(response.hit().size_bytes()));
  }
  return absl::StrCat(table.ToString(), "\n", outcome.ToString());
}

// `library/alpine:3.20`, `library/alpine@sha256:...`; without either the tag is
// `latest`, as clients have it.
v1::ContentRef ParseImage(const std::string& image, bool is_blob) {
  v1::ContentRef content;
  content.set_kind(is_blob ? v1::BLOB : v1::MANIFEST);
  size_t at = image.find('@');
  if (at == std::string::npos) at = image.find(':');
  content.set_repository(image.substr(0, at));
  content.set_reference(at == std::string::npos ? "latest"
                                                : image.substr(at + 1));
  return content;
}

// `'hub' is not asked until 2026-11-25T06:00:00Z: connection refused`.
std::string TroubleText(const std::string& name,
                        const v1::UpstreamState& state) {
  const std::string until =
      state.has_closed_until()
          ? absl::StrCat(" until ", TimeText(state.closed_until()))
          : "";
  return absl::StrCat(
      "'", name, "' is not asked", until,
      " (circuit breaker open or Retry-After): ", state.last_failure());
}

// Rows tell whom a pull would ask; the blob service knows who would not answer.
void PrintTrouble(Session& session, const v1::ExplainResponse& response) {
  const auto found = session.blob_server.Call(
      &v1::UpstreamStateService::Stub::ListUpstreamStates,
      v1::ListUpstreamStatesRequest());
  if (!found.ok()) {
    session.output.PrintNote(
        absl::StrCat("cannot read the upstream states from the blob service: ",
                     std::string(found.status().message())));
    return;
  }
  for (const Considered& considered : response.considered()) {
    for (const v1::UpstreamState& state : found->states()) {
      if (state.upstream_id() != considered.upstream_id()) continue;
      if (state.circuit() == v1::UpstreamState::OPEN ||
          state.has_closed_until()) {
        session.output.PrintNote(
            TroubleText(considered.upstream_name(), state));
      }
    }
  }
}

struct ExplainOptions {
  int64_t registry_id = 0;
  std::string image;
  std::string source_namespace;
  bool is_blob = false;
};

}  // namespace

void AddExplainCommand(CLI::App& root, Action* chosen) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App& command = *root.add_subcommand(
      "explain", "Explain how a pull would be answered now, without pulling");
  command.callback([chosen, options] {
    *chosen = [options](Session& session) -> absl::Status {
      v1::ExplainRequest request;
      request.set_registry_id(options->registry_id);
      *request.mutable_content() = ParseImage(options->image, options->is_blob);
      request.set_source_namespace(options->source_namespace);
      ASSIGN_OR_RETURN(
          const v1::ExplainResponse response,
          session.server.Call(&v1::ExplainService::Stub::Explain, request));
      session.output.PrintObject(response, AsText);
      PrintTrouble(session, response);
      return absl::OkStatus();
    };
  });
  AddId(command, "REGISTRY", options->registry_id, "ID of the registry")
      ->required();
  command
      .add_option("IMAGE", options->image,
                  "library/alpine:3.20 or library/alpine@sha256:...")
      ->required();
  command
      .add_option("--namespace", options->source_namespace,
                  "Source namespace that a mirror client sends (ns parameter), "
                  "for example docker.io")
      ->type_name("HOST");
  command.add_flag(
      "--blob", options->is_blob,
      "Treat the digest as a blob (layer or config), not as a manifest");
}

}  // namespace cvr
