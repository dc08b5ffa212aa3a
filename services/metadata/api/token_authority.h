#ifndef SERVICES_METADATA_API_TOKEN_AUTHORITY_H_
#define SERVICES_METADATA_API_TOKEN_AUTHORITY_H_

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
  // The repositories that it gives access to.
  std::vector<TokenAccess> access = {};
};

// The data that a gateway needs to verify tokens itself: public keys and
// revoked access tokens. The version changes with the data, with every change
// of registries and upstreams (including purges), and when the metadata service
// restarts, so that a gateway knows when its caches are outdated.
struct Trust {
  uint64_t version = 0;
  JwtPublicKeys keys;
  std::vector<int64_t> revoked_token_ids;
};

// Authenticates callers and issues their tokens. Implemented by the metadata
// service and by its gRPC client in the gateway. Thread-safe. Every method
// returns UNAVAILABLE if the metadata service cannot be reached.
class TokenAuthority {
 public:
  virtual ~TokenAuthority() = default;

  // The owner of the access token `secret`. Errors: UNAUTHENTICATED if it is
  // unknown, expired or revoked.
  virtual absl::StatusOr<Caller> Authenticate(absl::string_view secret) = 0;

  // Issues a bearer token, valid at the service `audience`, to the owner of the
  // access token `secret`; to an anonymous caller if `secret` is empty. It
  // gives access to the part of `wanted` that the caller may pull.
  // Errors: UNAUTHENTICATED.
  virtual absl::StatusOr<IssuedToken> IssueToken(
      absl::string_view secret, absl::string_view audience,
      absl::Span<const TokenAccess> wanted) = 0;

  // The present trust. Waits up to `max_wait` while its version is
  // `known_version`.
  virtual absl::StatusOr<Trust> GetTrust(uint64_t known_version,
                                         absl::Duration max_wait) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_TOKEN_AUTHORITY_H_
