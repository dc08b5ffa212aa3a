#include "tools/cvr/commands/registry_commands.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "services/common/pull_name.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/deletion.h"

namespace cvr {
namespace {

using Stub = v1::RegistryService::Stub;

// The ids of its upstreams, first to be asked first.
std::string UpstreamIds(const v1::Registry& registry) {
  return absl::StrJoin(registry.upstreams(), ",",
                       [](std::string* out, const v1::RegistryUpstream& place) {
                         absl::StrAppend(out, place.upstream_id());
                       });
}

// What stands for it in a pull path: both do if it has a name that may.
std::string PullsBy(const v1::Registry& registry) {
  const std::string name = PullNameOf(registry.group(), registry.name());
  return name.empty() ? absl::StrCat(registry.id()) : name;
}

std::string PullPath(absl::string_view registry) {
  return absl::StrCat("virtual_registries/containers/", registry,
                      "/REPOSITORY:TAG");
}

std::string AsTable(const std::vector<v1::Registry>& registries) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"GROUP"},
                   {"NAME"},
                   {"ANONYMOUS PULL"},
                   {"UPSTREAMS"},
                   {"PULL BY"},
                   {"CREATED"}});
  for (const v1::Registry& registry : registries) {
    table.AddRow({absl::StrCat(registry.id()), registry.group(),
                  registry.name(), YesNo(registry.anonymous_pull()),
                  UpstreamIds(registry), PullsBy(registry),
                  TimeText(registry.create_time())});
  }
  return table.ToString();
}

std::string AsFields(const v1::Registry& registry) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(registry.id()));
  fields.Add("group", registry.group());
  fields.Add("name", registry.name());
  fields.Add("description", registry.description());
  fields.Add("anonymous pull", YesNo(registry.anonymous_pull()));
  fields.Add("upstreams", UpstreamIds(registry));
  fields.Add("pull path", PullPath(absl::StrCat(registry.id())));
  const std::string name = PullNameOf(registry.group(), registry.name());
  if (!name.empty()) fields.Add("pull by name", PullPath(name));
  fields.Add("created", TimeText(registry.create_time()));
  fields.Add("updated", TimeText(registry.update_time()));
  fields.Add("etag", registry.etag());
  return fields.ToString();
}

void AddCreate(CommandGroup& registries) {
  const auto registry = std::make_shared<v1::Registry>();
  const auto anonymous_pull = std::make_shared<bool>(false);
  CLI::App& command = registries.Add(
      "create", "Create a registry (without upstreams; attach them next)",
      [registry, anonymous_pull](Session& session) -> absl::Status {
        v1::CreateRegistryRequest request;
        *request.mutable_registry() = *registry;
        request.mutable_registry()->set_anonymous_pull(*anonymous_pull);
        ASSIGN_OR_RETURN(const v1::Registry created,
                         session.server.Call(&Stub::CreateRegistry, request));
        session.output.PrintObject(created, AsFields);
        return absl::OkStatus();
      });
  command
      .add_option("NAME", *registry->mutable_name(),
                  "Name, unique in the group")
      ->required();
  command.add_option("--group", *registry->mutable_group(),
                     "Group that owns the registry (default: \"default\")");
  command.add_option("--description", *registry->mutable_description(),
                     "Description (free text)");
  command.add_flag("--anonymous-pull", *anonymous_pull,
                   "Allow pulls without credentials");
}

void AddList(CommandGroup& registries) {
  const auto request = std::make_shared<v1::ListRegistriesRequest>();
  CLI::App& command = registries.Add(
      "list", "List the registries",
      [request](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto found,
            session.server.List(&Stub::ListRegistries,
                                &v1::ListRegistriesResponse::registries,
                                *request));
        session.output.PrintList(found, AsTable);
        return absl::OkStatus();
      });
  command.add_option("--group", *request->mutable_group(),
                     "Only registries of this group");
  command.add_option("--name", *request->mutable_name_contains(),
                     "Only registries whose name contains this text");
}

void AddGet(CommandGroup& registries) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = registries.Add(
      "get", "Show a registry", [id](Session& session) -> absl::Status {
        v1::GetRegistryRequest request;
        request.set_id(*id);
        ASSIGN_OR_RETURN(const v1::Registry registry,
                         session.server.Call(&Stub::GetRegistry, request));
        session.output.PrintObject(registry, AsFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the registry")->required();
}

struct Changes {
  int64_t id = 0;
  std::string etag;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<bool> anonymous_pull;
};

absl::StatusOr<v1::UpdateRegistryRequest> ToRequest(const Changes& changes) {
  v1::UpdateRegistryRequest request;
  v1::Registry& registry = *request.mutable_registry();
  auto& mask = *request.mutable_update_mask();
  registry.set_id(changes.id);
  registry.set_etag(changes.etag);
  if (changes.name) {
    registry.set_name(*changes.name);
    mask.add_paths("name");
  }
  if (changes.description) {
    registry.set_description(*changes.description);
    mask.add_paths("description");
  }
  if (changes.anonymous_pull) {
    registry.set_anonymous_pull(*changes.anonymous_pull);
    mask.add_paths("anonymous_pull");
  }
  if (mask.paths().empty()) {
    return absl::InvalidArgumentError(
        "no changes given (see cvr registry update --help)");
  }
  return request;
}

void AddUpdate(CommandGroup& registries) {
  const auto changes = std::make_shared<Changes>();
  CLI::App& command = registries.Add(
      "update",
      "Change a registry; options that are not given keep their values",
      [changes](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const auto request, ToRequest(*changes));
        ASSIGN_OR_RETURN(const v1::Registry updated,
                         session.server.Call(&Stub::UpdateRegistry, request));
        session.output.PrintObject(updated, AsFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", changes->id, "ID of the registry")->required();
  command.add_option("--name", changes->name, "Name, unique in the group");
  command.add_option("--description", changes->description,
                     "Description (free text)");
  AddSwitch(command, "--anonymous-pull,!--no-anonymous-pull",
            changes->anonymous_pull,
            "Allow or forbid pulls without credentials");
  AddEtag(command, changes->etag);
}

void AddDelete(CommandGroup& registries) {
  const auto id = std::make_shared<int64_t>(0);
  const auto etag = std::make_shared<std::string>();
  CLI::App& command = registries.Add(
      "delete",
      "Delete a registry, together with the upstreams that no other registry "
      "uses and their cache entries; access tokens for it alone are revoked",
      [id, etag](Session& session) -> absl::Status {
        v1::DeleteRegistryRequest request;
        request.set_id(*id);
        request.set_etag(*etag);
        v1::GetRegistryRequest get;
        get.set_id(*id);
        return DeleteOne(session, &Stub::GetRegistry, get,
                         &Stub::DeleteRegistry, request,
                         absl::StrCat("registry ", *id));
      });
  AddId(command, "ID", *id, "ID of the registry")->required();
  AddEtag(command, *etag);
}

}  // namespace

void AddRegistryCommands(CLI::App& root, Action* chosen) {
  CommandGroup registries(root, "registry",
                          "Manage virtual registries, from which clients pull",
                          chosen);
  AddCreate(registries);
  AddList(registries);
  AddGet(registries);
  AddUpdate(registries);
  AddDelete(registries);
}

}  // namespace cvr
