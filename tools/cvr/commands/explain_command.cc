#include "tools/cvr/commands/explain_command.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cvr/v1/explain_service.grpc.pb.h"
#include "cvr/v1/upstream_state_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/image_text.h"

namespace cvr {
namespace {

using Considered = v1::ExplainResponse::Considered;

// Absent = for ever.
std::string UntilText(bool has, const google::protobuf::Timestamp& time) {
  return has ? TimeText(time) : "forever";
}

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
    const v1::CachedContent& hit = response.hit();
    outcome.Add("digest", hit.digest());
    outcome.Add("media type", hit.media_type());
    outcome.Add("size", SizeText(hit.size_bytes()));
    outcome.Add("fresh until",
                UntilText(hit.has_fresh_until_time(), hit.fresh_until_time()));
    outcome.Add("served stale until",
                UntilText(hit.has_stale_until_time(), hit.stale_until_time()));
  }
  return absl::StrCat(table.ToString(), "\n", outcome.ToString());
}

// What `--kind` may be.
struct Kind {
  const char* name;
  v1::ContentKind kind;
};
constexpr Kind kKinds[] = {{"manifest", v1::CONTENT_KIND_MANIFEST},
                           {"blob", v1::CONTENT_KIND_BLOB},
                           {"tags", v1::CONTENT_KIND_TAGS},
                           {"referrers", v1::CONTENT_KIND_REFERRERS}};

v1::ContentKind KindOf(const std::string& name) {
  for (const Kind& kind : kKinds) {
    if (name == kind.name) return kind.kind;
  }
  return v1::CONTENT_KIND_UNSPECIFIED;
}

// Without tag or digest the tag is `latest`, as clients have it; a list of tags
// is called `list`.
v1::ContentRef ParseReference(const std::string& text, v1::ContentKind kind) {
  ImageText image = ParseImage(text);
  if (image.reference.empty()) image.reference = "latest";
  if (kind == v1::CONTENT_KIND_TAGS) image.reference = "list";
  v1::ContentRef content;
  content.set_repository(std::move(image.repository));
  content.set_reference(std::move(image.reference));
  content.set_kind(kind);
  return content;
}

// `'hub' is not asked until 2026-11-25T06:00:00Z: connection refused`.
std::string TroubleText(const std::string& name,
                        const v1::UpstreamState& state) {
  const std::string until =
      state.has_retry_time()
          ? absl::StrCat(" until ", TimeText(state.retry_time()))
          : "";
  const std::string by =
      state.instance().empty() ? "" : absl::StrCat(" by ", state.instance());
  return absl::StrCat(
      "'", name, "' is not asked", by, until,
      " (circuit breaker open or Retry-After): ", state.last_failure());
}

// Rows tell whom a pull would ask; the blob services know who would not answer.
// Errors: those of the calls.
absl::Status PrintTrouble(Session& session, const Considered& considered) {
  v1::ListUpstreamStatesRequest request;
  request.set_upstream_id(considered.upstream_id());
  ASSIGN_OR_RETURN(
      const auto states,
      session.server.List(&v1::UpstreamStateService::Stub::ListUpstreamStates,
                          &v1::ListUpstreamStatesResponse::states, request));
  for (const v1::UpstreamState& state : states) {
    if (state.upstream_id() != considered.upstream_id()) continue;
    if (state.circuit_state() == v1::UpstreamState::CIRCUIT_STATE_OPEN ||
        state.has_retry_time()) {
      session.output.PrintNote(TroubleText(considered.upstream_name(), state));
    }
  }
  return absl::OkStatus();
}

struct ExplainOptions {
  std::string registry;
  std::optional<std::string> group;
  std::string reference;
  std::string source_namespace;
  std::string kind = "manifest";
};

absl::Status Explain(Session& session, const ExplainOptions& options) {
  v1::ExplainRequest request;
  SetResource("registry", options.registry, options.group, request);
  *request.mutable_content() =
      ParseReference(options.reference, KindOf(options.kind));
  request.set_source_namespace(options.source_namespace);
  ASSIGN_OR_RETURN(
      const v1::ExplainResponse response,
      session.server.Call(&v1::ExplainService::Stub::Explain, request));
  session.output.PrintObject(response, AsText);
  if (!session.output.for_people()) return absl::OkStatus();
  for (const Considered& considered : response.considered()) {
    const absl::Status status = PrintTrouble(session, considered);
    if (status.ok()) continue;
    session.output.PrintNote(
        absl::StrCat("cannot read the upstream states: ", status.message()));
    break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddExplainCommand(CLI::App& root, Action* chosen) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App& command = AddCommand(
      root, "explain",
      "Explain how a pull would be answered now, without pulling", chosen,
      [options](Session& session) { return Explain(session, *options); });
  AddResourceName(command, "REGISTRY", options->registry, "Registry")
      ->required();
  command
      .add_option("REFERENCE", options->reference,
                  "library/alpine:3.20 or library/alpine@sha256:...")
      ->required();
  AddGroupOfName(command, options->group);
  command
      .add_option("--source-namespace", options->source_namespace,
                  "Registry host that a mirror client means (ns parameter), "
                  "for example docker.io")
      ->type_name("HOST");
  command
      .add_option("--kind", options->kind,
                  "What is asked for: manifest, blob (a layer or config by its "
                  "digest), tags (the list) or referrers")
      ->check(CLI::Validator(
          [](std::string& name) -> std::string {
            if (KindOf(name) != v1::CONTENT_KIND_UNSPECIFIED) return "";
            return absl::StrCat(
                "'", name,
                "' is not a valid kind (manifest, blob, tags, referrers)");
          },
          ""))
      ->type_name("KIND")
      ->capture_default_str();
}

}  // namespace cvr
