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
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/deletion.h"

namespace cvr {
namespace {

using Stub = v1::RegistryService::Stub;

// The ids of its upstreams by position, the first is asked first.
std::string UpstreamIds(const v1::Registry& registry) {
  return absl::StrJoin(registry.attachments(), ",",
                       [](std::string* out, const v1::Attachment& attachment) {
                         absl::StrAppend(out, attachment.upstream_id());
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

struct CreateOptions {
  v1::CreateRegistryRequest request;
  int64_t id = 0;
  bool anonymous_pull = false;
  bool validate_only = false;
};

void AddCreate(CommandGroup& registries) {
  const auto options = std::make_shared<CreateOptions>();
  v1::Registry* const registry = options->request.mutable_registry();
  registry->set_group(kDefaultGroup);
  CLI::App& command = registries.Add(
      "create", "Create a registry (without upstreams; attach them next)",
      [options, registry](Session& session) -> absl::Status {
        registry->set_id(options->id);
        registry->set_anonymous_pull(options->anonymous_pull);
        options->request.set_validate_only(options->validate_only);
        ASSIGN_OR_RETURN(
            const v1::Registry created,
            session.server.Call(&Stub::CreateRegistry, options->request));
        session.output.PrintObject(created, AsFields);
        NoteValidation(session, options->validate_only);
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
  command.add_flag("--anonymous-pull", options->anonymous_pull,
                   "Allow pulls without credentials");
  AddId(command, "--id", options->id,
        "ID of the registry (default: the next one). For administrators");
  AddRequestId(command, *options->request.mutable_request_id());
  AddValidateOnly(command, options->validate_only);
}

struct RegistryListOptions {
  v1::ListRegistriesRequest request;
  ListOptions list;
};

void AddList(CommandGroup& registries) {
  const auto options = std::make_shared<RegistryListOptions>();
  options->request.set_group(kAllGroups);
  CLI::App& command = registries.Add(
      "list", "List the registries",
      [options](Session& session) -> absl::Status {
        options->request.set_filter(options->list.Filter());
        options->request.set_order_by(options->list.order_by);
        ASSIGN_OR_RETURN(
            const auto found,
            session.server.List(&Stub::ListRegistries,
                                &v1::ListRegistriesResponse::registries,
                                options->request));
        session.output.PrintList(found, AsTable);
        return absl::OkStatus();
      });
  command.add_option("--group", *options->request.mutable_group(),
                     "Only registries of this group (default: all groups)");
  AddListOptions(command, options->list, "name, anonymous_pull",
                 "id, name or create_time");
}

// A registry as it is typed.
struct RegistryOptions {
  std::string registry;
  std::optional<std::string> group;
};

void AddRegistry(CLI::App& command, RegistryOptions& options) {
  AddResourceName(command, "REGISTRY", options.registry, "Registry")
      ->required();
  AddGroupOfName(command, options.group);
}

void AddGet(CommandGroup& registries) {
  const auto options = std::make_shared<RegistryOptions>();
  CLI::App& command = registries.Add(
      "get", "Show a registry", [options](Session& session) -> absl::Status {
        v1::GetRegistryRequest request;
        SetResource("", options->registry, options->group, request);
        ASSIGN_OR_RETURN(const v1::Registry registry,
                         session.server.Call(&Stub::GetRegistry, request));
        session.output.PrintObject(registry, AsFields);
        return absl::OkStatus();
      });
  AddRegistry(command, *options);
}

struct Changes {
  RegistryOptions which;
  std::string etag;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<bool> anonymous_pull;
  bool allow_missing = false;
  bool validate_only = false;
};

absl::StatusOr<v1::UpdateRegistryRequest> ToRequest(const Changes& changes) {
  v1::UpdateRegistryRequest request;
  SetResource("", changes.which.registry, changes.which.group, request);
  request.set_allow_missing(changes.allow_missing);
  request.set_validate_only(changes.validate_only);
  v1::Registry& registry = *request.mutable_registry();
  auto& mask = *request.mutable_update_mask();
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
  if (mask.paths().empty() && !changes.allow_missing) {
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
        NoteValidation(session, changes->validate_only);
        return absl::OkStatus();
      });
  AddRegistry(command, changes->which);
  command.add_option("--name", changes->name, "New name, unique in the group");
  command.add_option("--description", changes->description,
                     "Description (free text)");
  AddSwitch(command, "--anonymous-pull,!--no-anonymous-pull",
            changes->anonymous_pull,
            "Allow or forbid pulls without credentials");
  AddEtag(command, changes->etag);
  AddCreateMissing(command, changes->allow_missing);
  AddValidateOnly(command, changes->validate_only);
}

struct DeleteOptions {
  RegistryOptions which;
  std::string etag;
  bool allow_missing = true;
  bool delete_orphaned_upstreams = false;
  bool validate_only = false;
};

absl::Status Delete(Session& session, const DeleteOptions& options) {
  const auto& [word, group] = options.which;
  v1::DeleteRegistryRequest request;
  SetResource("", word, group, request);
  request.set_etag(options.etag);
  request.set_allow_missing(options.allow_missing);
  request.set_delete_orphaned_upstreams(options.delete_orphaned_upstreams);
  request.set_validate_only(options.validate_only);
  v1::GetRegistryRequest get;
  SetResource("", word, group, get);
  return DeleteOne(session, &Stub::GetRegistry, get, &Stub::DeleteRegistry,
                   request, ResourceText("registry", word, group),
                   Deleted(options.validate_only));
}

void AddDelete(CommandGroup& registries) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App& command = registries.Add(
      "delete",
      "Delete a registry; its upstreams and their caches are kept; access "
      "tokens for it alone are revoked",
      [options](Session& session) { return Delete(session, *options); });
  AddRegistry(command, options->which);
  command.add_flag("--delete-orphaned-upstreams",
                   options->delete_orphaned_upstreams,
                   "Also delete its upstreams that no other registry uses, "
                   "with their caches");
  AddEtag(command, options->etag);
  AddAllowMissing(command, options->allow_missing);
  AddValidateOnly(command, options->validate_only);
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
