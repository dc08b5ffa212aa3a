#ifndef SERVICES_METADATA_RESOLUTION_REGISTRY_PATH_H_
#define SERVICES_METADATA_RESOLUTION_REGISTRY_PATH_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/metadata/api/resolver.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_registry.pb.h"

// Registries by the path that clients pull from: the group's name, which may
// have several components, the registry's name, and a repository. Groups and
// registries share one namespace, as GitLab's groups and projects do: where
// group `a` has a registry `b`, there is no group `a/b`, nor one below it. So
// no path means two registries, and the manager of one cannot take over pulls
// that are meant for another.
//
// Errors everywhere: those of tables.h.
namespace cvr {

// What Resolver::Locate() promises, for one state of the store. A read for each
// component that may end the name. In a store of an earlier revision, where a
// registry and a group may share a path, the registry of the shortest group is
// found. Nothing = there is none.
absl::StatusOr<std::optional<LocatedRegistry>> FindRegistryByPath(
    const ReadTransaction& transaction, absl::string_view path);

// Whether a registry may have that name in its group, or a group that name.
// Always so for what cannot be pulled by name (pull_name.h).
// Errors: ALREADY_EXISTS when the other kind has the path, or one that begins
// with it.
absl::Status RequireFreePath(const ReadTransaction& transaction,
                             const stored::Registry& registry);
absl::Status RequireFreePath(const ReadTransaction& transaction,
                             const stored::Group& group);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_REGISTRY_PATH_H_
