#ifndef GATEWAY_ACCESS_LOGIN_H_
#define GATEWAY_ACCESS_LOGIN_H_

#include <optional>
#include <vector>

#include "services/access/caller.h"
#include "services/access/token_access.h"

namespace cvr {

// Who asks, and what the credential that was shown opens.
struct Login {
  Caller caller;
  // What a short-lived token was issued for; it is good for nothing else.
  // Absent for a secret, and for no credential at all: they open whatever the
  // caller may have.
  std::optional<std::vector<TokenAccess>> access = std::nullopt;
};

}  // namespace cvr

#endif  // GATEWAY_ACCESS_LOGIN_H_
