#ifndef TOOLS_CVR_DECLARATION_PULL_PATHS_H_
#define TOOLS_CVR_DECLARATION_PULL_PATHS_H_

#include <vector>

#include "absl/status/status.h"
#include "tools/cvr/declaration/declaration.h"

namespace cvr::declaration {

// Whether clients could tell apart what `groups` declare: they pull from a
// registry by the path of its group and name, which no group may have or begin
// with. The server checks the same, but only against what it has.
// Errors: INVALID_ARGUMENT that begins with `file:line`.
absl::Status CheckPullPaths(const std::vector<DeclaredGroup>& groups);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_PULL_PATHS_H_
