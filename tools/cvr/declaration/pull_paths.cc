#include "tools/cvr/declaration/pull_paths.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/pull_name.h"
#include "services/common/status_macros.h"

namespace cvr::declaration {
namespace {

absl::Status CheckRegistry(const std::string& group,
                           const DeclaredRegistry& registry,
                           const std::vector<DeclaredGroup>& groups) {
  const std::string path = PullNameOf(group, registry.value.name());
  if (path.empty()) return absl::OkStatus();
  for (const DeclaredGroup& other : groups) {
    const std::string& name = other.value.name();
    if (name != path && !absl::StartsWith(name, path + "/")) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        registry.where, ": registry ", path, " cannot be told from group ",
        name, " (", other.where, ") in pull paths: rename one of them"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPullPaths(const std::vector<DeclaredGroup>& groups) {
  for (const DeclaredGroup& group : groups) {
    for (const DeclaredRegistry& registry : group.registries) {
      RETURN_IF_ERROR(CheckRegistry(group.value.name(), registry, groups));
    }
  }
  return absl::OkStatus();
}

}  // namespace cvr::declaration
