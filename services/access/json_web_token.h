#ifndef SERVICES_ACCESS_JSON_WEB_TOKEN_H_
#define SERVICES_ACCESS_JSON_WEB_TOKEN_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// JSON Web Tokens (RFC 7519) signed with ES256 (RFC 7518, section 3.4), and
// with nothing else: the algorithm that a token names is not believed.
// Thread-safe.
namespace cvr {

// A key pair on the curve P-256, as PEM.
struct JwtKeyPair {
  std::string private_key_pem;  // PKCS#8. A secret.
  std::string public_key_pem;
};

JwtKeyPair MakeJwtKeyPair();

// A token with `claims`, a JSON object, and the key's id in its header.
// Errors: INVALID_ARGUMENT for a key or claims that are none.
absl::StatusOr<std::string> SignJwt(const std::string& claims,
                                    const std::string& key_id,
                                    const std::string& private_key_pem);

// By key id.
using JwtPublicKeys = std::map<std::string, std::string>;

// The claims of a token that one of `keys` has signed, as JSON. Whether it has
// expired is for the caller to see. Errors: UNAUTHENTICATED.
absl::StatusOr<std::string> VerifyJwt(absl::string_view token,
                                      const JwtPublicKeys& keys);

}  // namespace cvr

#endif  // SERVICES_ACCESS_JSON_WEB_TOKEN_H_
