#include "services/metadata/admin/group_admin.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/access/access_policy.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/resolution/registry_path.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/resources/field_masks.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

constexpr char kScope[] = "groups";

}  // namespace

absl::Status RequireGroup(const ReadTransaction& transaction,
                          absl::string_view name) {
  ASSIGN_OR_RETURN(const auto group, tables::FindGroup(transaction, name));
  return group ? absl::OkStatus() : errors::NoSuch("group", name);
}

absl::StatusOr<v1::Group> GroupAdmin::Create(
    const v1::CreateGroupRequest& request) {
  RETURN_IF_ERROR(Validate(request.group()));
  v1::Group group;
  group.set_name(request.group().name());
  group.set_description(request.group().description());
  *group.mutable_create_time() = ToWire(clock_.Now());
  *group.mutable_update_time() = group.create_time();
  group.set_etag(NextEtag("", clock_.Now()));
  RETURN_IF_ERROR(store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto taken,
                         tables::FindGroup(transaction, group.name()));
        if (taken) {
          return errors::Exists(
              {"group", group.name()},
              absl::StrCat("group ", group.name(), " exists already"));
        }
        const stored::Group row = ToStored(group);
        RETURN_IF_ERROR(RequireFreePath(transaction, row));
        tables::PutGroup(transaction, row);
        return absl::OkStatus();
      },
      Durability::kSynced));
  return group;
}

absl::StatusOr<v1::Group> GroupAdmin::Get(
    const v1::GetGroupRequest& request) const {
  ASSIGN_OR_RETURN(const auto group,
                   ReadValue<std::optional<stored::Group>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindGroup(transaction, request.name());
                       }));
  if (!group) return errors::NoSuch("group", request.name());
  return ToApi(*group);
}

absl::StatusOr<v1::ListGroupsResponse> GroupAdmin::List(
    const v1::ListGroupsRequest& request, const Caller& caller) const {
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string start_after,
                   ParsePageToken(kScope, request.page_token()));
  v1::ListGroupsResponse response;
  const auto visit = [&](const stored::Group& group) -> absl::StatusOr<bool> {
    if (!AccessPolicy::MaySee(caller,
                              {.group = group.name(), .is_group = true})) {
      return true;
    }
    if (response.groups_size() == page_size) {
      response.set_next_page_token(
          MakePageToken(kScope, response.groups(page_size - 1).name()));
      return false;
    }
    *response.add_groups() = ToApi(group);
    return true;
  };
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitGroups(transaction, start_after, visit);
  }));
  return response;
}

absl::StatusOr<v1::Group> GroupAdmin::Update(
    const v1::UpdateGroupRequest& request) {
  return WriteValue<v1::Group>(
      store_, [&](WriteTransaction& transaction) -> absl::StatusOr<v1::Group> {
        const std::string& name = request.group().name();
        ASSIGN_OR_RETURN(const auto row, tables::FindGroup(transaction, name));
        if (!row) return errors::NoSuch("group", name);
        RETURN_IF_ERROR(
            CheckEtag({"group", name}, request.group().etag(), row->etag()));
        v1::Group group = ToApi(*row);
        using G = v1::Group;
        RETURN_IF_ERROR(ApplyMask<G>(
            request.update_mask(),
            {{"description",
              [](const G& f, G& t) { t.set_description(f.description()); }}},
            request.group(), group));
        RETURN_IF_ERROR(Validate(group));
        *group.mutable_update_time() = ToWire(clock_.Now());
        group.set_etag(NextEtag(group.etag(), clock_.Now()));
        tables::PutGroup(transaction, ToStored(group));
        return group;
      });
}

absl::Status GroupAdmin::Delete(const v1::DeleteGroupRequest& request) {
  const std::string& name = request.name();
  if (name == kDefaultGroup) {
    return errors::PreconditionFailed(
        Reason::kGroupPermanent, absl::StrCat("group/", name),
        "the group \"default\" cannot be deleted");
  }
  // Tokens first, some in each transaction: else they would be good for a later
  // group of that name. Ids rise, so none is made behind the last one seen.
  int64_t last_token = 0;
  bool more = true;
  const auto delete_some = [&](WriteTransaction& transaction) -> absl::Status {
    more = false;
    ASSIGN_OR_RETURN(const auto group, tables::FindGroup(transaction, name));
    if (!group) return absl::OkStatus();
    RETURN_IF_ERROR(CheckEtag({"group", name}, request.etag(), group->etag()));
    ASSIGN_OR_RETURN(const int registries,
                     tables::CountRegistries(transaction, name));
    ASSIGN_OR_RETURN(const auto upstreams,
                     tables::UpstreamsOfGroup(transaction, name));
    if (registries > 0 || !upstreams.empty()) {
      return errors::PreconditionFailed(
          Reason::kGroupNotEmpty, absl::StrCat("group/", name),
          absl::StrCat("group ", name, " still owns ", registries,
                       " registries and ", upstreams.size(), " upstreams"));
    }
    ASSIGN_OR_RETURN(
        more, tokens_.RevokeSomeOfGroupIn(transaction, name, last_token));
    if (more) return absl::OkStatus();
    tables::DeleteCleanupPolicy(transaction, name);
    tables::DeleteGroup(transaction, name);
    return absl::OkStatus();
  };
  while (more) {
    RETURN_IF_ERROR(store_.Write(delete_some, Durability::kSynced));
  }
  return absl::OkStatus();
}

absl::Status GroupAdmin::EnsureDefault() {
  v1::CreateGroupRequest request;
  request.mutable_group()->set_name(kDefaultGroup);
  const absl::Status status = Create(request).status();
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

}  // namespace cvr
