#ifndef TOOLS_CVR_DECLARATION_PLAN_H_
#define TOOLS_CVR_DECLARATION_PLAN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/cvr/client/environment.h"
#include "tools/cvr/client/server_connection.h"
#include "tools/cvr/declaration/declaration.h"
#include "tools/cvr/declaration/server_state.h"

namespace cvr::declaration {

// Upstreams by group and name, those made meanwhile too.
using UpstreamIds = std::map<std::pair<std::string, std::string>, int64_t>;

struct FieldChange {
  std::string field;
  std::string before;
  std::string after;
};

// One thing to do, and how people are told of it. `carry_out` does it, or with
// `validate_only` lets the server check it as far as that is possible before
// the changes in front of it are made.
struct Change {
  char sign = '~';     // `+` new, `~` changed, `-` deleted.
  std::string object;  // `upstream acme/hub`.
  std::vector<FieldChange> fields;
  std::string where;  // `file:line`; empty for what no file mentions.
  std::function<absl::Status(ServerConnection&, UpstreamIds&,
                             bool validate_only)>
      carry_out;
};

struct PlanOptions {
  // The file is the whole truth about its groups.
  bool prune = false;
  // Sends passwords and keys also where nothing else says that they changed.
  bool set_passwords = false;
  // Keeps what is cached of an upstream whose url changes.
  bool keep_cache = false;
};

// What turns `state` into what `groups` declare, in the order in which it is
// possible. Reads the secrets that will be sent.
// Errors: INVALID_ARGUMENT and FAILED_PRECONDITION that begin with `file:line`.
absl::StatusOr<std::vector<Change>> MakePlan(
    const std::vector<DeclaredGroup>& groups, const ServerState& state,
    const PlanOptions& options, const Environment& environment);

// The ids of the upstreams of `state`.
UpstreamIds IdsOf(const ServerState& state);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_PLAN_H_
