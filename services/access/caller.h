#ifndef SERVICES_ACCESS_CALLER_H_
#define SERVICES_ACCESS_CALLER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cvr {

// An authenticated caller. A value type; anonymous by default.
struct Caller {
  // 0 = anonymous: the request had no credential.
  int64_t token_id = 0;
  std::string token_name;
  // Of AccessToken.Scope.
  bool may_pull = false;
  bool may_manage = false;
  bool is_admin = false;
  // The group that the token gives access to; empty for an admin and with
  // `all_groups`, where it is not used.
  std::string group;
  // It gives access to every group. Never taken from an empty `group`.
  bool all_groups = false;
  // Only these of its registries; empty = all.
  std::vector<int64_t> registry_ids;
  // When the access token ends, by the wall clock, where it was looked up;
  // elsewhere not known, which is never.
  absl::Time expires_at = absl::InfiniteFuture();

  bool is_anonymous() const { return token_id == 0; }

  // What may do everything: the processes of one deployment among themselves.
  static Caller System() {
    Caller caller;
    caller.token_id = -1;
    caller.token_name = "system";
    caller.is_admin = true;
    return caller;
  }
};

}  // namespace cvr

#endif  // SERVICES_ACCESS_CALLER_H_
