#include "services/access/access_policy.h"

#include "absl/algorithm/container.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

bool IsFor(const Caller& caller, int64_t registry_id) {
  return absl::c_linear_search(caller.registry_ids, registry_id);
}

bool IsOfGroup(const Caller& caller, const AccessPolicy::Object& object) {
  return !caller.is_anonymous() &&
         (caller.all_groups || caller.group == object.group);
}

bool MayReadObject(const Caller& caller, const AccessPolicy::Object& object) {
  if (caller.is_admin) return true;
  if (!IsOfGroup(caller, object)) return false;
  return object.is_group || caller.registry_ids.empty() ||
         absl::c_any_of(object.registry_ids,
                        [&](int64_t id) { return IsFor(caller, id); });
}

bool MayChangeObject(const Caller& caller, const AccessPolicy::Object& object) {
  if (caller.is_admin) return true;
  if (!IsOfGroup(caller, object)) return false;
  return caller.registry_ids.empty() ||
         (!object.registry_ids.empty() &&
          absl::c_all_of(object.registry_ids,
                         [&](int64_t id) { return IsFor(caller, id); }));
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
    case AccessPolicy::Action::kAuthenticate:
      return true;
  }
  return false;
}

}  // namespace

absl::Status AccessPolicy::CheckScope(const Caller& caller, Action action) {
  if (caller.is_anonymous()) return errors::Unauthenticated();
  if (HasScope(caller, action)) return absl::OkStatus();
  return errors::Denied(
      "the access token lacks the required scope, or does not cover this group "
      "or registry");
}

absl::Status AccessPolicy::Check(const Caller& caller, Action action,
                                 const Object& object) {
  if (action == Action::kPull && object.anonymous_pull) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckScope(caller, action));
  const bool reads = action == Action::kPull || action == Action::kRead;
  if (reads ? MayReadObject(caller, object) : MayChangeObject(caller, object)) {
    return absl::OkStatus();
  }
  return errors::Denied(
      "the access token lacks the required scope, or does not cover this group "
      "or registry");
}

bool AccessPolicy::MaySee(const Caller& caller, const Object& object) {
  return object.anonymous_pull || MayReadObject(caller, object);
}

}  // namespace cvr
