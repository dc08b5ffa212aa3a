#ifndef GATEWAY_TOKEN_HANDLER_H_
#define GATEWAY_TOKEN_HANDLER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/authenticator.h"
#include "gateway/http_message.h"

namespace cvr {

// `/jwt/auth`: a short-lived token for a secret, or for nobody. Thread-safe;
// `authenticator` must outlive it.
//
// GET as Docker's token specification has it: Basic, any user name, the secret
// as password; nothing = an anonymous token; bad = 401, which is what a login
// is tried with. POST as its OAuth2 variant has it: grant_type `password` or
// `refresh_token`, with the secret as the one or the other. Scopes are not
// looked at: a token says who somebody is, and what that allows is decided when
// it is used. There are no refresh tokens, since the secret is one already.
class TokenHandler {
 public:
  explicit TokenHandler(Authenticator& authenticator)
      : authenticator_(authenticator) {}

  // `client` is whom failures count against.
  HttpReply Handle(const HttpRequest& request, absl::string_view client);

 private:
  absl::StatusOr<HttpReply> Answer(const HttpRequest& request,
                                   absl::string_view client);
  // The secret that is shown; empty = none.
  absl::StatusOr<std::string> SecretOfGet(const HttpRequest& request) const;
  absl::StatusOr<std::string> SecretOfPost(const HttpRequest& request) const;
  absl::Status CheckService(absl::string_view service) const;

  Authenticator& authenticator_;
};

}  // namespace cvr

#endif  // GATEWAY_TOKEN_HANDLER_H_
