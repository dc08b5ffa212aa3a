#ifndef SERVICES_METADATA_OPERATIONS_OPERATION_VISIBILITY_H_
#define SERVICES_METADATA_OPERATIONS_OPERATION_VISIBILITY_H_

#include "services/access/access_policy.h"
#include "services/access/caller.h"
#include "services/metadata/store/stored_operation.pb.h"

namespace cvr {

// Whether the caller may see an operation, and cancel it if it has the scope
// for that: one that it has started itself, or one of its group, unless its
// token is for some registries only. Those of no group are an administrator's.
// Pure.
inline bool MaySeeOperation(const Caller& caller,
                            const stored::Operation& operation) {
  if (caller.is_admin) return true;
  if (caller.is_anonymous()) return false;
  if (operation.token_id() == caller.token_id) return true;
  return !operation.group().empty() &&
         AccessPolicy::MaySee(caller, {.group = operation.group()});
}

}  // namespace cvr

#endif  // SERVICES_METADATA_OPERATIONS_OPERATION_VISIBILITY_H_
