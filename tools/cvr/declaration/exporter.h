#ifndef TOOLS_CVR_DECLARATION_EXPORTER_H_
#define TOOLS_CVR_DECLARATION_EXPORTER_H_

#include <string>

#include "absl/status/statusor.h"
#include "tools/cvr/declaration/server_state.h"

namespace cvr::declaration {

// `state` as a declaration that makes the same on an empty server; only of
// `group` unless that is empty. Secrets stand as variables to find them in.
// `with_ids`: registries keep their ids there.
// Errors: NOT_FOUND when there is no such group.
absl::StatusOr<std::string> Exported(const ServerState& state,
                                     const std::string& group,
                                     bool with_ids = true);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_EXPORTER_H_
