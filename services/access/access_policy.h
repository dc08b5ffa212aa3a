#ifndef SERVICES_ACCESS_ACCESS_POLICY_H_
#define SERVICES_ACCESS_ACCESS_POLICY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/access/caller.h"

namespace cvr {

// The only place that decides what a caller may do, for the registry API, REST
// and gRPC alike. The decision depends on the scopes, group and registries of
// the caller's access token and on the object; there is no I/O.
//
// Add new permissions here. Do not check scopes anywhere else: two places that
// decide will one day disagree. Pure functions.
class AccessPolicy {
 public:
  enum class Action {
    kPull,        // Content of a registry.
    kRead,        // Registries, upstreams, cache entries of a group.
    kManage,      // The same, to change them.
    kAdminister,  // Tokens, groups, settings.
    // To show an access token that is valid. Aims at nothing.
    kAuthenticate,
  };

  // What an action aims at.
  struct Object {
    absl::string_view group;
    // The registries that it is, or is a part of; an upstream is part of those
    // that it is attached to. A token for some registries may read what is a
    // part of one of them, and change what is a part of nothing else.
    absl::Span<const int64_t> registry_ids = {};
    // Of a registry.
    bool anonymous_pull = false;
    // The group itself, which such a token may read as well.
    bool is_group = false;
  };

  // OK; UNAUTHENTICATED (reason UNAUTHENTICATED) when the caller has shown
  // nothing, and something would help; PERMISSION_DENIED (reason DENIED) when
  // it is not allowed.
  static absl::Status Check(const Caller& caller, Action action,
                            const Object& object);

  // The same before the object is known: whether there is any that the caller
  // may do that to.
  static absl::Status CheckScope(const Caller& caller, Action action);

  // Whether the caller may know that the object exists. Who may not is answered
  // as if it did not.
  static bool MaySee(const Caller& caller, const Object& object);
};

}  // namespace cvr

#endif  // SERVICES_ACCESS_ACCESS_POLICY_H_
