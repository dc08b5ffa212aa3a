#ifndef SERVICES_METADATA_ADMIN_ADMIN_TOKEN_H_
#define SERVICES_METADATA_ADMIN_ADMIN_TOKEN_H_

#include <string>

#include "absl/status/status.h"
#include "services/metadata/admin/access_token_admin.h"

namespace cvr {

// When no token was ever made: makes one of SCOPE_ADMIN and writes its secret
// to `path`, mode 0600, replacing what is there. Does nothing for an empty
// path. Errors: UNAVAILABLE when the file cannot be written; the token is then
// revoked again.
absl::Status EnsureAdminToken(AccessTokenAdmin& tokens,
                              const std::string& path);

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_ADMIN_TOKEN_H_
