#ifndef SERVICES_COMMON_PULL_NAME_H_
#define SERVICES_COMMON_PULL_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

// The name of a registry in the path of a pull, as an alternative to its id:
// `virtual_registries/containers/<group>/<name>/<repository>`.
namespace cvr {

// `<group>/<name>`, or nothing when the registry can be pulled by its id only:
// * it does not fit the grammar of repositories (OCI distribution-spec,
//   "Pulling manifests"), which clients hold every path to, or leaves no room
//   for a repository;
// * the name is more than one component, or both are more than
//   limits::kRegistryPathPartsMax together;
// * the group's first component is a number, which stands for an id.
// Pure.
std::string PullNameOf(absl::string_view group, absl::string_view name);

// Whether a path whose first component is `component` names a registry by its
// id: it consists of digits only. Pure.
bool IsRegistryNumber(absl::string_view component);

}  // namespace cvr

#endif  // SERVICES_COMMON_PULL_NAME_H_
