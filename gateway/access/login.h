#ifndef GATEWAY_ACCESS_LOGIN_H_
#define GATEWAY_ACCESS_LOGIN_H_

#include <optional>
#include <vector>

#include "services/access/caller.h"
#include "services/access/token_access.h"

namespace cvr {

// The caller of a request, and what its credential allows.
struct Login {
  Caller caller;
  // The access that a short-lived token was issued for; it allows nothing else.
  // Absent for a secret and for a request without a credential: they allow
  // everything that the caller may do.
  std::optional<std::vector<TokenAccess>> access = std::nullopt;
};

}  // namespace cvr

#endif  // GATEWAY_ACCESS_LOGIN_H_
