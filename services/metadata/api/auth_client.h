#ifndef SERVICES_METADATA_API_AUTH_CLIENT_H_
#define SERVICES_METADATA_API_AUTH_CLIENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/access/caller.h"
#include "services/access/json_web_token.h"
#include "services/access/token_access.h"

namespace cvr {

// A short-lived token. A secret.
struct IssuedToken {
  std::string token;
  absl::Time issued_at;
  absl::Duration lifetime;
  // What it opens.
  std::vector<TokenAccess> access = {};
};

// What tokens are verified with, and which are good no more. Its version is
// another one also after every change of registries and upstreams, purges among
// them, and after a restart of the metadata service.
struct Trust {
  uint64_t version = 0;
  JwtPublicKeys keys;
  std::vector<int64_t> revoked_token_ids;
};

// What the gateway asks of the metadata service about callers. Thread-safe.
// Every call answers UNAVAILABLE when the service cannot be reached.
class AuthClient {
 public:
  virtual ~AuthClient() = default;

  // Whose secret it is. Errors: UNAUTHENTICATED.
  virtual absl::StatusOr<Caller> Authenticate(absl::string_view secret) = 0;

  // A token for the owner of `secret`, or for nobody when it is empty, good at
  // the service `audience`. It opens what `wanted` asks for as far as its owner
  // may pull it. Errors: UNAUTHENTICATED.
  virtual absl::StatusOr<IssuedToken> IssueToken(
      absl::string_view secret, absl::string_view audience,
      absl::Span<const TokenAccess> wanted) = 0;

  // As soon as it is another version than `known_version`, or after `max_wait`.
  virtual absl::StatusOr<Trust> GetTrust(uint64_t known_version,
                                         absl::Duration max_wait) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_AUTH_CLIENT_H_
