#ifndef SERVICES_COMMON_ACCESS_POLICY_H_
#define SERVICES_COMMON_ACCESS_POLICY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/caller.h"

namespace cvr {

// Who may do what: the one place that decides, for HTTP, REST and gRPC alike.
// All pure.
class AccessPolicy {
 public:
  enum class Action {
    kPull,        // Content of a registry.
    kRead,        // Registries, upstreams, cache entries of a group.
    kManage,      // The same, to change them.
    kAdminister,  // Tokens, groups, settings.
  };

  // Where an action aims at.
  struct Object {
    absl::string_view group;
    // 0 = no single one.
    int64_t registry_id = 0;
    // Of a registry.
    bool anonymous_pull = false;
  };

  // OK; UNAUTHENTICATED (reason UNAUTHENTICATED) when the caller has shown
  // nothing, and something would help; PERMISSION_DENIED (reason DENIED) when
  // it is not allowed.
  static absl::Status Check(const Caller& caller, Action action,
                            const Object& object);

  // Whether the caller may know that the object exists. Who may not is answered
  // as if it did not.
  static bool MaySee(const Caller& caller, const Object& object);
};

}  // namespace cvr

#endif  // SERVICES_COMMON_ACCESS_POLICY_H_
