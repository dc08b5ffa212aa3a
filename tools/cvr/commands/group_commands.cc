#include "tools/cvr/commands/group_commands.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/deletion.h"

namespace cvr {
namespace {

using Stub = v1::GroupService::Stub;

std::string AsTable(const std::vector<v1::Group>& groups) {
  TextTable table({{"NAME"}, {"CREATED"}, {"DESCRIPTION"}});
  for (const v1::Group& group : groups) {
    table.AddRow(
        {group.name(), TimeText(group.create_time()), group.description()});
  }
  return table.ToString();
}

std::string AsFields(const v1::Group& group) {
  FieldTable fields;
  fields.Add("name", group.name());
  fields.Add("description", group.description());
  fields.Add("created", TimeText(group.create_time()));
  fields.Add("updated", TimeText(group.update_time()));
  fields.Add("etag", group.etag());
  return fields.ToString();
}

struct CreateOptions {
  v1::CreateGroupRequest request;
  bool validate_only = false;
};

void AddCreate(CommandGroup& groups) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& command = groups.Add(
      "create", "Create a group", [options](Session& session) -> absl::Status {
        options->request.set_validate_only(options->validate_only);
        ASSIGN_OR_RETURN(
            const v1::Group created,
            session.server.Call(&Stub::CreateGroup, options->request));
        session.output.PrintObject(created, AsFields);
        NoteValidation(session, options->validate_only);
        return absl::OkStatus();
      });
  v1::Group& group = *options->request.mutable_group();
  command
      .add_option("NAME", *group.mutable_name(),
                  "Name, for example acme or acme/web")
      ->required();
  command.add_option("--description", *group.mutable_description(),
                     "Description (free text)");
  AddRequestId(command, *options->request.mutable_request_id());
  AddValidateOnly(command, options->validate_only);
}

void AddList(CommandGroup& groups) {
  groups.Add("list", "List the groups", [](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(
        const auto found,
        session.server.List(&Stub::ListGroups, &v1::ListGroupsResponse::groups,
                            v1::ListGroupsRequest()));
    session.output.PrintList(found, AsTable);
    return absl::OkStatus();
  });
}

void AddGet(CommandGroup& groups) {
  const auto request = std::make_shared<v1::GetGroupRequest>();
  CLI::App& command = groups.Add(
      "get", "Show a group", [request](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const v1::Group group,
                         session.server.Call(&Stub::GetGroup, *request));
        session.output.PrintObject(group, AsFields);
        return absl::OkStatus();
      });
  command.add_option("NAME", *request->mutable_name(), "Name of the group")
      ->required();
}

struct UpdateOptions {
  v1::UpdateGroupRequest request;
  bool allow_missing = false;
  bool validate_only = false;
};

void AddUpdate(CommandGroup& groups) {
  const auto options = std::make_shared<UpdateOptions>();
  options->request.mutable_update_mask()->add_paths("description");
  CLI::App& command = groups.Add(
      "update", "Change a group's description",
      [options](Session& session) -> absl::Status {
        options->request.set_allow_missing(options->allow_missing);
        options->request.set_validate_only(options->validate_only);
        ASSIGN_OR_RETURN(
            const v1::Group updated,
            session.server.Call(&Stub::UpdateGroup, options->request));
        session.output.PrintObject(updated, AsFields);
        NoteValidation(session, options->validate_only);
        return absl::OkStatus();
      });
  v1::Group& group = *options->request.mutable_group();
  command.add_option("NAME", *group.mutable_name(), "Name of the group")
      ->required();
  command
      .add_option("--description", *group.mutable_description(),
                  "Description (free text)")
      ->required();
  AddEtag(command, *group.mutable_etag());
  AddCreateMissing(command, options->allow_missing);
  AddValidateOnly(command, options->validate_only);
}

struct DeleteOptions {
  v1::DeleteGroupRequest request;
  bool allow_missing = true;
  bool force = false;
  bool validate_only = false;
};

void AddDelete(CommandGroup& groups) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App& command = groups.Add(
      "delete", "Delete an empty group, or with --force all that it owns",
      [options](Session& session) -> absl::Status {
        v1::DeleteGroupRequest& request = options->request;
        request.set_allow_missing(options->allow_missing);
        request.set_force(options->force);
        request.set_validate_only(options->validate_only);
        v1::GetGroupRequest get;
        get.set_name(request.name());
        return DeleteOne(session, &Stub::GetGroup, get, &Stub::DeleteGroup,
                         request, absl::StrCat("group ", request.name()),
                         Deleted(options->validate_only));
      });
  command
      .add_option("NAME", *options->request.mutable_name(), "Name of the group")
      ->required();
  AddEtag(command, *options->request.mutable_etag());
  AddAllowMissing(command, options->allow_missing);
  command.add_flag("--force", options->force,
                   "Also delete the group's registries and upstreams, with "
                   "their caches");
  AddValidateOnly(command, options->validate_only);
}

}  // namespace

void AddGroupCommands(CLI::App& root, Action* chosen) {
  CommandGroup groups(
      root, "group",
      "Manage groups (tenants), which own registries and upstreams", chosen);
  AddCreate(groups);
  AddList(groups);
  AddGet(groups);
  AddUpdate(groups);
  AddDelete(groups);
}

}  // namespace cvr
