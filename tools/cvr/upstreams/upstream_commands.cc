#include "tools/cvr/upstreams/upstream_commands.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cvr/v1/upstream_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/commands/deletion.h"
#include "tools/cvr/upstreams/upstream_options.h"
#include "tools/cvr/upstreams/upstream_state_commands.h"
#include "tools/cvr/upstreams/upstream_test_commands.h"
#include "tools/cvr/upstreams/upstream_view.h"

namespace cvr {
namespace {

using Stub = v1::UpstreamService::Stub;

struct CreateOptions {
  std::string group = kDefaultGroup;
  std::string registry;
  bool unique_target = false;
  std::string request_id;
  bool validate_only = false;
  UpstreamOptions upstream;
};

absl::Status Create(Session& session, const CreateOptions& options) {
  ASSIGN_OR_RETURN(UpstreamChange change,
                   ReadUpstreamOptions(options.upstream, session.environment));
  change.upstream.set_group(options.group);
  v1::CreateUpstreamRequest request;
  *request.mutable_upstream() = std::move(change.upstream);
  if (!options.registry.empty()) {
    // Both are of one group.
    const bool has_group = options.registry.find('/') != std::string::npos;
    SetResource("registry", options.registry,
                has_group ? std::nullopt : std::optional(options.group),
                request);
  }
  request.set_unique_target(options.unique_target);
  request.set_request_id(options.request_id);
  request.set_validate_only(options.validate_only);
  ASSIGN_OR_RETURN(const v1::Upstream created,
                   session.server.Call(&Stub::CreateUpstream, request));
  session.output.PrintObject(created, UpstreamFields);
  NoteValidation(session, options.validate_only);
  return absl::OkStatus();
}

CLI::Option* AddUniqueTarget(CLI::App& command, bool& unique_target) {
  return command.add_flag("--unique-target", unique_target,
                          "Fail if another upstream of the group has the same "
                          "URL and credentials");
}

void AddCreate(CommandGroup& upstreams) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& command = upstreams.Add(
      "create", "Create an upstream",
      [options](Session& session) { return Create(session, *options); });
  command
      .add_option("NAME", options->upstream.name, "Name, unique in the group")
      ->required();
  command
      .add_option("--url", options->upstream.url,
                  "URL, for example https://registry-1.docker.io")
      ->required();
  command.add_option("--group", options->group,
                     "Group that owns the upstream (default: \"default\")");
  AddResourceName(command, "--registry", options->registry,
                  "Registry to attach it to, at the last position");
  AddUniqueTarget(command, options->unique_target);
  AddRequestId(command, options->request_id);
  AddValidateOnly(command, options->validate_only);
  AddUpstreamOptions(command, options->upstream);
}

struct UpstreamListOptions {
  std::optional<std::string> group;
  std::string registry;
  ListOptions list;
};

void AddList(CommandGroup& upstreams) {
  const auto options = std::make_shared<UpstreamListOptions>();
  CLI::App& command = upstreams.Add(
      "list", "List the upstreams",
      [options](Session& session) -> absl::Status {
        v1::ListUpstreamsRequest request;
        if (!options->registry.empty()) {
          SetResource("registry", options->registry, options->group, request);
        }
        request.set_group(options->group.value_or(
            options->registry.empty() ? kAllGroups : ""));
        request.set_filter(options->list.Filter());
        request.set_order_by(options->list.order_by);
        ASSIGN_OR_RETURN(const auto found,
                         session.server.List(
                             &Stub::ListUpstreams,
                             &v1::ListUpstreamsResponse::upstreams, request));
        session.output.PrintList(found, UpstreamTable);
        return absl::OkStatus();
      });
  command.add_option("--group", options->group,
                     "Only upstreams of this group (default: all groups); also "
                     "the group of --registry");
  AddResourceName(command, "--registry", options->registry,
                  "Only upstreams of this registry, by position");
  AddListOptions(command, options->list, "name, display_name, disabled, url",
                 "id, name or create_time");
}

// An upstream as it is typed.
struct WhichUpstream {
  std::string upstream;
  std::optional<std::string> group;
};

void AddUpstream(CLI::App& command, WhichUpstream& which) {
  AddResourceName(command, "UPSTREAM", which.upstream, "Upstream")->required();
  AddGroupOfName(command, which.group);
}

void AddGet(CommandGroup& upstreams) {
  const auto which = std::make_shared<WhichUpstream>();
  CLI::App& command = upstreams.Add(
      "get", "Show an upstream", [which](Session& session) -> absl::Status {
        v1::GetUpstreamRequest request;
        SetResource("", which->upstream, which->group, request);
        ASSIGN_OR_RETURN(const v1::Upstream upstream,
                         session.server.Call(&Stub::GetUpstream, request));
        session.output.PrintObject(upstream, UpstreamFields);
        return absl::OkStatus();
      });
  AddUpstream(command, *which);
}

struct UpdateOptions {
  WhichUpstream which;
  std::string etag;
  UpstreamOptions upstream;
  bool keep_cache = false;
  bool unique_target = false;
  bool allow_missing = false;
  bool validate_only = false;
};

absl::Status Update(Session& session, const UpdateOptions& options) {
  ASSIGN_OR_RETURN(UpstreamChange change,
                   ReadUpstreamOptions(options.upstream, session.environment));
  if (change.mask.paths().empty()) {
    return absl::InvalidArgumentError(
        "no changes given (see cvr upstream update --help)");
  }
  v1::UpdateUpstreamRequest request;
  SetResource("", options.which.upstream, options.which.group, request);
  *request.mutable_upstream() = std::move(change.upstream);
  *request.mutable_update_mask() = std::move(change.mask);
  request.mutable_upstream()->set_etag(options.etag);
  request.set_keep_cache(options.keep_cache);
  request.set_unique_target(options.unique_target);
  request.set_allow_missing(options.allow_missing);
  request.set_validate_only(options.validate_only);
  ASSIGN_OR_RETURN(const v1::Upstream updated,
                   session.server.Call(&Stub::UpdateUpstream, request));
  session.output.PrintObject(updated, UpstreamFields);
  NoteValidation(session, options.validate_only);
  return absl::OkStatus();
}

void AddUpdate(CommandGroup& upstreams) {
  const auto options = std::make_shared<UpdateOptions>();
  CLI::App& command = upstreams.Add(
      "update",
      "Change an upstream; options that are not given keep their values",
      [options](Session& session) { return Update(session, *options); });
  AddUpstream(command, options->which);
  command.add_option("--name", options->upstream.name,
                     "New name, unique in the group");
  command.add_option("--url", options->upstream.url,
                     "A new one purges what is cached of the old one, and "
                     "drops the credentials unless they are given");
  command.add_flag("--keep-cache", options->keep_cache,
                   "With another --url: keep the cache entries. What is kept "
                   "is served after the new URL has delivered it anew, with "
                   "its credentials");
  AddUniqueTarget(command, options->unique_target);
  AddEtag(command, options->etag);
  AddCreateMissing(command, options->allow_missing);
  AddValidateOnly(command, options->validate_only);
  AddUpstreamOptions(command, options->upstream);
  command
      .add_flag("--no-credentials", options->upstream.no_credentials,
                "Remove the username and password")
      ->excludes(command.get_option("--username"))
      ->group("Credentials");
}

struct DeleteOptions {
  WhichUpstream which;
  std::string etag;
  bool allow_missing = true;
  bool validate_only = false;
};

absl::Status Delete(Session& session, const DeleteOptions& options) {
  const auto& [word, group] = options.which;
  v1::DeleteUpstreamRequest request;
  SetResource("", word, group, request);
  request.set_etag(options.etag);
  request.set_allow_missing(options.allow_missing);
  request.set_validate_only(options.validate_only);
  v1::GetUpstreamRequest get;
  SetResource("", word, group, get);
  return DeleteOne(session, &Stub::GetUpstream, get, &Stub::DeleteUpstream,
                   request, ResourceText("upstream", word, group),
                   Deleted(options.validate_only));
}

void AddDelete(CommandGroup& upstreams) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App& command = upstreams.Add(
      "delete",
      "Detach an upstream from all registries and delete it with its cache",
      [options](Session& session) { return Delete(session, *options); });
  AddUpstream(command, options->which);
  AddEtag(command, options->etag);
  AddAllowMissing(command, options->allow_missing);
  AddValidateOnly(command, options->validate_only);
}

}  // namespace

void AddUpstreamCommands(CLI::App& root, Action* chosen) {
  CommandGroup upstreams(
      root, "upstream",
      "Manage upstreams (the remote registries that are cached)", chosen);
  AddCreate(upstreams);
  AddList(upstreams);
  AddGet(upstreams);
  AddUpdate(upstreams);
  AddStateCommands(upstreams);
  AddTestCommands(upstreams);
  AddDelete(upstreams);
}

}  // namespace cvr
