#include "services/metadata/resolution/registry_path.h"

#include <cstddef>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/pull_name.h"
#include "services/common/reference.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

absl::Status PathIsTaken(absl::string_view what, absl::string_view by,
                         const ErrorResource& existing) {
  return errors::Exists(
      existing, absl::StrCat(what, " would have the same pull path as ", by,
                             ": a path names a group or a registry, not both; "
                             "choose another name"));
}

}  // namespace

absl::StatusOr<std::optional<LocatedRegistry>> FindRegistryByPath(
    const ReadTransaction& transaction, absl::string_view path) {
  if (IsRegistryNumber(path.substr(0, path.find('/')))) return std::nullopt;
  size_t group_end = path.find('/');
  for (int parts = 2; group_end != path.npos; ++parts) {
    if (parts > static_cast<int>(limits::kRegistryPathPartsMax)) break;
    const size_t name_end = path.find('/', group_end + 1);
    const absl::string_view group = path.substr(0, group_end);
    const absl::string_view name =
        path.substr(group_end + 1, name_end - group_end - 1);
    ASSIGN_OR_RETURN(const auto id,
                     tables::FindRegistryByName(transaction, group, name));
    if (id) return LocatedRegistry{*id, parts};
    group_end = name_end;
  }
  return std::nullopt;
}

absl::Status RequireFreePath(const ReadTransaction& transaction,
                             const stored::Registry& registry) {
  const std::string path = PullNameOf(registry.group(), registry.name());
  if (path.empty()) return absl::OkStatus();
  std::string taken_by;
  ASSIGN_OR_RETURN(const auto same, tables::FindGroup(transaction, path));
  if (same) taken_by = path;
  const std::string below = path + "/";
  RETURN_IF_ERROR(tables::VisitGroups(
      transaction, below,
      [&](const stored::Group& group) -> absl::StatusOr<bool> {
        if (taken_by.empty() && absl::StartsWith(group.name(), below)) {
          taken_by = group.name();
        }
        return false;
      }));
  if (taken_by.empty()) return absl::OkStatus();
  return PathIsTaken(absl::StrCat("registry '", registry.name(), "' of group ",
                                  registry.group()),
                     absl::StrCat("group ", taken_by), {"group", taken_by});
}

absl::Status RequireFreePath(const ReadTransaction& transaction,
                             const stored::Group& group) {
  if (!Repository::Parse(group.name()).ok()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto found,
                   FindRegistryByPath(transaction, group.name()));
  if (!found) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto registry,
                   tables::FindRegistry(transaction, found->id));
  const std::string path_of =
      registry ? absl::StrCat(registry->group(), "/", registry->name())
               : absl::StrCat(found->id);
  return PathIsTaken(absl::StrCat("group ", group.name()),
                     registry ? absl::StrCat("registry '", registry->name(),
                                             "' of group ", registry->group())
                              : absl::StrCat("registry ", found->id),
                     {"registry", path_of});
}

}  // namespace cvr
