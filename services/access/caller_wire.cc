#include "services/access/caller_wire.h"

#include "services/common/content_wire.h"

namespace cvr {

internal::v1::Caller ToWire(const Caller& caller) {
  internal::v1::Caller message;
  message.set_token_id(caller.token_id);
  message.set_token_name(caller.token_name);
  message.set_may_pull(caller.may_pull);
  message.set_may_manage(caller.may_manage);
  message.set_is_admin(caller.is_admin);
  message.set_group(caller.group);
  message.set_all_groups(caller.all_groups);
  for (const int64_t id : caller.registry_ids) message.add_registry_ids(id);
  if (caller.expires_at != absl::InfiniteFuture()) {
    *message.mutable_expire_time() = ToWire(caller.expires_at);
  }
  return message;
}

Caller FromWire(const internal::v1::Caller& message) {
  Caller caller;
  caller.token_id = message.token_id();
  caller.token_name = message.token_name();
  caller.may_pull = message.may_pull();
  caller.may_manage = message.may_manage();
  caller.is_admin = message.is_admin();
  caller.group = message.group();
  caller.all_groups = message.all_groups();
  caller.registry_ids.assign(message.registry_ids().begin(),
                             message.registry_ids().end());
  if (message.has_expire_time()) {
    caller.expires_at = FromWire(message.expire_time());
  }
  return caller;
}

}  // namespace cvr
