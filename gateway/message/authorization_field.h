#ifndef GATEWAY_MESSAGE_AUTHORIZATION_FIELD_H_
#define GATEWAY_MESSAGE_AUTHORIZATION_FIELD_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// The credential in an Authorization header. Always a secret: do not log it.
struct ShownCredential {
  enum class Kind {
    kNone,     // Nothing.
    kSecret,   // What may be an access token's secret.
    kJwt,      // What may be a token of ours.
    kUnknown,  // Anything else, such as another scheme.
  };

  Kind kind = Kind::kNone;
  std::string value = {};
};

// RFC 9110, section 11.6.2; RFC 7617 (Basic: any user, the secret as password);
// RFC 6750 (Bearer: a secret, or else a JWT). Schemes in any case. Pure.
ShownCredential ParseAuthorization(const std::optional<std::string>& field);

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_AUTHORIZATION_FIELD_H_
