#include "services/metadata/admin/group_admin.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/access/access_policy.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/validate_only.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/resolution/registry_path.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/resources/update_mask.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_removal.h"

namespace cvr {
namespace {

constexpr char kScope[] = "groups";

// Of each kind; more than are told of.
constexpr int kOwnedMax = limits::kRowsPerTransaction / 2;
// What one transaction deletes of them. An upstream touches six rows, and each
// attachment of a registry four.
constexpr int kUpstreamsMax = limits::kRowsPerTransaction / 10;
constexpr int kAttachmentsMax = limits::kRowsPerTransaction / 10;
constexpr size_t kViolationsMax = 50;

std::string CountOf(const std::vector<int64_t>& ids) {
  return absl::StrCat(ids.size() < kOwnedMax ? "" : "at least ", ids.size());
}

// What a group owns, for people and programs: one violation for each thing.
absl::Status NotEmpty(const ReadTransaction& transaction,
                      const std::string& group,
                      const std::vector<int64_t>& registries,
                      const std::vector<int64_t>& upstreams) {
  std::vector<PreconditionViolation> violations;
  for (size_t i = 0; i < registries.size() && i < kViolationsMax; ++i) {
    ASSIGN_OR_RETURN(const auto row,
                     tables::FindRegistry(transaction, registries[i]));
    if (!row) continue;
    violations.push_back({absl::StrCat("registry/", registries[i]),
                          absl::StrCat("owns registry ", row->name())});
  }
  for (size_t i = 0; i < upstreams.size() && i < kViolationsMax; ++i) {
    ASSIGN_OR_RETURN(const auto row,
                     tables::FindUpstream(transaction, upstreams[i]));
    if (!row) continue;
    violations.push_back(
        {absl::StrCat("upstream/", upstreams[i]),
         absl::StrCat("owns upstream ", row->upstream().name())});
  }
  return errors::PreconditionsFailed(
      Reason::kGroupNotEmpty,
      absl::StrCat("group ", group, " still owns ", CountOf(registries),
                   " registries and ", CountOf(upstreams), " upstreams"),
      violations);
}

// At least one of them.
absl::Status DeleteRegistries(WriteTransaction& transaction,
                              const std::vector<int64_t>& ids) {
  int left = kAttachmentsMax;
  for (const int64_t id : ids) {
    ASSIGN_OR_RETURN(const auto row, tables::FindRegistry(transaction, id));
    if (!row) continue;
    ASSIGN_OR_RETURN(const auto attachments,
                     tables::Attachments(transaction, id));
    RETURN_IF_ERROR(tables::SetAttachments(transaction, id, {}));
    tables::DeleteRegistry(transaction, *row);
    left -= 1 + static_cast<int>(attachments.size());
    if (left <= 0) break;
  }
  return absl::OkStatus();
}

absl::Status RemoveUpstreams(WriteTransaction& transaction,
                             const std::vector<int64_t>& ids) {
  for (const int64_t id : ids) {
    RETURN_IF_ERROR(RemoveUpstream(transaction, id));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RequireGroup(const ReadTransaction& transaction,
                          absl::string_view name) {
  ASSIGN_OR_RETURN(const auto group, tables::FindGroup(transaction, name));
  return group ? absl::OkStatus() : errors::NoSuch("group", name);
}

absl::StatusOr<v1::Group> GroupAdmin::Create(
    const v1::CreateGroupRequest& request) {
  return WriteOrTry<v1::Group>(store_, request.validate_only(),
                               [&](WriteTransaction& transaction) {
                                 return CreateIn(transaction, request.group());
                               });
}

absl::StatusOr<v1::Group> GroupAdmin::CreateIn(WriteTransaction& transaction,
                                               const v1::Group& given) {
  RETURN_IF_ERROR(Validate(given));
  v1::Group group;
  group.set_name(given.name());
  group.set_description(given.description());
  *group.mutable_create_time() = ToWire(clock_.Now());
  *group.mutable_update_time() = group.create_time();
  group.set_etag(NextEtag("", clock_.Now()));
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
  return WriteOrTry<v1::Group>(store_, request.validate_only(),
                               [&](WriteTransaction& transaction) {
                                 return UpdateIn(transaction, request);
                               });
}

absl::StatusOr<v1::Group> GroupAdmin::UpdateIn(
    WriteTransaction& transaction, const v1::UpdateGroupRequest& request) {
  const std::string& name = request.group().name();
  ASSIGN_OR_RETURN(const auto row, tables::FindGroup(transaction, name));
  if (!row && !request.allow_missing()) return errors::NoSuch("group", name);
  RETURN_IF_ERROR(CheckEtag({"group", name}, request.group().etag(),
                            row ? row->etag() : ""));
  if (!row) return CreateIn(transaction, request.group());
  v1::Group group = ToApi(*row);
  RETURN_IF_ERROR(ApplyUpdate(request.update_mask(), request.group(), group));
  RETURN_IF_ERROR(Validate(group));
  *group.mutable_update_time() = ToWire(clock_.Now());
  group.set_etag(NextEtag(row->etag(), clock_.Now()));
  tables::PutGroup(transaction, ToStored(group));
  return group;
}

absl::Status GroupAdmin::Delete(const v1::DeleteGroupRequest& request) {
  if (request.name() == kDefaultGroup) {
    return errors::PreconditionFailed(
        Reason::kGroupPermanent, absl::StrCat("group/", request.name()),
        "the group \"default\" cannot be deleted");
  }
  int64_t last_token = 0;
  bool more = true;
  const auto delete_some = [&](WriteTransaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(more, DeleteSome(transaction, request, last_token));
    return absl::OkStatus();
  };
  if (request.validate_only()) {
    return ChangeOrTry(store_, /*validate_only=*/true, delete_some);
  }
  absl::Status deleted;
  while (more && deleted.ok()) {
    deleted = store_.Write(delete_some, Durability::kSynced);
  }
  if (request.force()) sweeper_.Wake();
  return deleted;
}

// What the group owns goes before it, and its tokens, some in each transaction:
// else they would be good for a later group of that name. Ids rise, so none is
// made behind the last one seen.
absl::StatusOr<bool> GroupAdmin::DeleteSome(
    WriteTransaction& transaction, const v1::DeleteGroupRequest& request,
    int64_t& last_token) {
  const std::string& name = request.name();
  ASSIGN_OR_RETURN(const auto group, tables::FindGroup(transaction, name));
  if (!group) {
    if (request.allow_missing()) return false;
    return errors::NoSuch("group", name);
  }
  RETURN_IF_ERROR(CheckEtag({"group", name}, request.etag(), group->etag()));
  ASSIGN_OR_RETURN(const auto registries,
                   tables::RegistriesOfGroup(transaction, name, kOwnedMax));
  ASSIGN_OR_RETURN(
      const auto upstreams,
      tables::UpstreamsOfGroup(transaction, name,
                               request.force() ? kUpstreamsMax : kOwnedMax));
  if (!request.force() && (!registries.empty() || !upstreams.empty())) {
    return NotEmpty(transaction, name, registries, upstreams);
  }
  if (!registries.empty()) {
    RETURN_IF_ERROR(DeleteRegistries(transaction, registries));
    return true;
  }
  if (!upstreams.empty()) {
    RETURN_IF_ERROR(RemoveUpstreams(transaction, upstreams));
    return true;
  }
  ASSIGN_OR_RETURN(const bool more,
                   tokens_.RevokeSomeOfGroupIn(transaction, name, last_token));
  if (more) return true;
  tables::DeleteCleanupPolicy(transaction, name);
  tables::DeleteGroup(transaction, name);
  return false;
}

absl::Status GroupAdmin::EnsureDefault() {
  v1::CreateGroupRequest request;
  request.mutable_group()->set_name(kDefaultGroup);
  const absl::Status status = Create(request).status();
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

}  // namespace cvr
