#include "services/common/access_policy.h"

#include "absl/algorithm/container.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

// A token for some registries is good for nothing else.
bool CoversObject(const Caller& caller, const AccessPolicy::Object& object) {
  if (caller.is_admin) return true;
  if (caller.is_anonymous() || caller.group != object.group) return false;
  return caller.registry_ids.empty() ||
         absl::c_linear_search(caller.registry_ids, object.registry_id);
}

bool HasScope(const Caller& caller, AccessPolicy::Action action) {
  if (caller.is_admin) return true;
  switch (action) {
    case AccessPolicy::Action::kPull:
      return caller.may_pull;
    case AccessPolicy::Action::kRead:
      return caller.may_pull || caller.may_manage;
    case AccessPolicy::Action::kManage:
      return caller.may_manage;
    case AccessPolicy::Action::kAdminister:
      return false;
  }
  return false;
}

}  // namespace

absl::Status AccessPolicy::Check(const Caller& caller, Action action,
                                 const Object& object) {
  if (action == Action::kPull && object.anonymous_pull) {
    return absl::OkStatus();
  }
  if (caller.is_anonymous()) return errors::Unauthenticated();
  if (CoversObject(caller, object) && HasScope(caller, action)) {
    return absl::OkStatus();
  }
  return errors::Denied("this token does not allow that");
}

bool AccessPolicy::MaySee(const Caller& caller, const Object& object) {
  return object.anonymous_pull || CoversObject(caller, object);
}

}  // namespace cvr
