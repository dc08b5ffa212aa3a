#include "tools/cvr/upstreams/upstream_commands.h"

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/commands/deletion.h"
#include "tools/cvr/upstreams/upstream_attachment_commands.h"
#include "tools/cvr/upstreams/upstream_options.h"
#include "tools/cvr/upstreams/upstream_state_commands.h"
#include "tools/cvr/upstreams/upstream_test_commands.h"
#include "tools/cvr/upstreams/upstream_view.h"

namespace cvr {
namespace {

using Stub = v1::UpstreamService::Stub;

struct CreateOptions {
  std::string group;
  int64_t registry_id = 0;
  UpstreamOptions upstream;
};

absl::StatusOr<v1::Upstream> Get(Session& session, int64_t id) {
  v1::GetUpstreamRequest request;
  request.set_id(id);
  return session.server.Call(&Stub::GetUpstream, request);
}

// Attaches what was just made, and returns it as it is then.
absl::StatusOr<v1::Upstream> Attached(Session& session, int64_t id,
                                      int64_t registry_id) {
  v1::AttachUpstreamRequest request;
  request.set_upstream_id(id);
  request.set_registry_id(registry_id);
  const auto place = session.server.Call(&Stub::AttachUpstream, request);
  if (!place.ok()) {
    return Annotate(
        place.status(),
        absl::StrCat("upstream ", id,
                     " was created, but could not be attached to registry ",
                     registry_id));
  }
  return Get(session, id);
}

absl::Status Create(Session& session, const CreateOptions& options) {
  ASSIGN_OR_RETURN(UpstreamChange change,
                   ReadUpstreamOptions(options.upstream, session.environment));
  change.upstream.set_group(options.group);
  v1::CreateUpstreamRequest request;
  *request.mutable_upstream() = std::move(change.upstream);
  ASSIGN_OR_RETURN(v1::Upstream created,
                   session.server.Call(&Stub::CreateUpstream, request));
  if (options.registry_id != 0) {
    ASSIGN_OR_RETURN(created,
                     Attached(session, created.id(), options.registry_id));
  }
  session.output.PrintObject(created, UpstreamFields);
  return absl::OkStatus();
}

void AddCreate(CommandGroup& upstreams) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& command = upstreams.Add(
      "create", "Create an upstream",
      [options](Session& session) { return Create(session, *options); });
  command.add_option("NAME", options->upstream.name, "Display name")
      ->required();
  command
      .add_option("--url", options->upstream.url,
                  "URL, for example https://registry-1.docker.io")
      ->required();
  command.add_option("--group", options->group,
                     "Group that owns the upstream (default: \"default\")");
  AddId(command, "--registry", options->registry_id,
        "Also attach it to the registry with this ID, at the last position");
  AddUpstreamOptions(command, options->upstream);
}

void AddList(CommandGroup& upstreams) {
  const auto request = std::make_shared<v1::ListUpstreamsRequest>();
  const auto registry_id = std::make_shared<int64_t>(0);
  CLI::App& command = upstreams.Add(
      "list", "List the upstreams",
      [request, registry_id](Session& session) -> absl::Status {
        request->set_registry_id(*registry_id);
        ASSIGN_OR_RETURN(const auto found,
                         session.server.List(
                             &Stub::ListUpstreams,
                             &v1::ListUpstreamsResponse::upstreams, *request));
        session.output.PrintList(found, UpstreamTable);
        return absl::OkStatus();
      });
  command.add_option("--group", *request->mutable_group(),
                     "Only upstreams of this group");
  AddId(command, "--registry", *registry_id,
        "Only upstreams of the registry with this ID, by position");
  command.add_option("--name", *request->mutable_name_contains(),
                     "Only upstreams whose name contains this text");
}

void AddGet(CommandGroup& upstreams) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = upstreams.Add(
      "get", "Show an upstream", [id](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const v1::Upstream upstream, Get(session, *id));
        session.output.PrintObject(upstream, UpstreamFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the upstream")->required();
}

struct UpdateOptions {
  int64_t id = 0;
  std::string etag;
  UpstreamOptions upstream;
  bool keep_cache = false;
};

absl::Status Update(Session& session, const UpdateOptions& options) {
  ASSIGN_OR_RETURN(UpstreamChange change,
                   ReadUpstreamOptions(options.upstream, session.environment));
  if (change.mask.paths().empty()) {
    return absl::InvalidArgumentError(
        "no changes given (see cvr upstream update --help)");
  }
  v1::UpdateUpstreamRequest request;
  *request.mutable_upstream() = std::move(change.upstream);
  *request.mutable_update_mask() = std::move(change.mask);
  request.mutable_upstream()->set_id(options.id);
  request.mutable_upstream()->set_etag(options.etag);
  request.set_keep_cache(options.keep_cache);
  ASSIGN_OR_RETURN(const v1::Upstream updated,
                   session.server.Call(&Stub::UpdateUpstream, request));
  session.output.PrintObject(updated, UpstreamFields);
  return absl::OkStatus();
}

void AddUpdate(CommandGroup& upstreams) {
  const auto options = std::make_shared<UpdateOptions>();
  CLI::App& command = upstreams.Add(
      "update",
      "Change an upstream; options that are not given keep their values",
      [options](Session& session) { return Update(session, *options); });
  AddId(command, "ID", options->id, "ID of the upstream")->required();
  command.add_option("--name", options->upstream.name, "Display name");
  command.add_option("--url", options->upstream.url,
                     "A new one purges what is cached of the old one, and "
                     "drops the credentials unless they are given");
  command.add_flag("--keep-cache", options->keep_cache,
                   "With another --url: keep the cache entries. What is kept "
                   "is served after the new URL has delivered it anew, with "
                   "its credentials");
  AddEtag(command, options->etag);
  AddUpstreamOptions(command, options->upstream);
  command
      .add_flag("--no-credentials", options->upstream.no_credentials,
                "Remove the username and password")
      ->excludes(command.get_option("--username"))
      ->group("Credentials");
}

void AddDelete(CommandGroup& upstreams) {
  const auto id = std::make_shared<int64_t>(0);
  const auto etag = std::make_shared<std::string>();
  CLI::App& command = upstreams.Add(
      "delete",
      "Detach an upstream from all registries and delete it with its cache",
      [id, etag](Session& session) -> absl::Status {
        v1::DeleteUpstreamRequest request;
        request.set_id(*id);
        request.set_etag(*etag);
        v1::GetUpstreamRequest get;
        get.set_id(*id);
        return DeleteOne(session, &Stub::GetUpstream, get,
                         &Stub::DeleteUpstream, request,
                         absl::StrCat("upstream ", *id));
      });
  AddId(command, "ID", *id, "ID of the upstream")->required();
  AddEtag(command, *etag);
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
  AddAttachmentCommands(upstreams);
  AddStateCommands(upstreams);
  AddTestCommands(upstreams);
  AddDelete(upstreams);
}

}  // namespace cvr
