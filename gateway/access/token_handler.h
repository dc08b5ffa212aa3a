#ifndef GATEWAY_ACCESS_TOKEN_HANDLER_H_
#define GATEWAY_ACCESS_TOKEN_HANDLER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/access/authenticator.h"
#include "gateway/message/form.h"
#include "gateway/message/http_message.h"
#include "gateway/registry/route.h"

namespace cvr {

// Serves `/jwt/auth`: issues a short-lived token for an access token, or an
// anonymous one. Thread-safe; `authenticator` must outlive it.
//
// GET as Docker's token specification has it: Basic, any user name, the secret
// as password; nothing = an anonymous token; bad = 401, which is what a login
// is tried with. POST as its OAuth2 variant has it: grant_type `password` or
// `refresh_token`, with the secret as the one or the other. A token opens what
// its scopes (token_scope.h) ask for and its owner may have; without scopes, no
// more than `/v2/`. There are no refresh tokens, since the secret is one
// already.
class TokenHandler {
 public:
  TokenHandler(Authenticator& authenticator, const RouteOptions& routes)
      : authenticator_(authenticator), routes_(routes) {}

  // `client` is whom failures count against.
  HttpReply Handle(const HttpRequest& request, absl::string_view client);

 private:
  absl::StatusOr<HttpReply> Answer(const HttpRequest& request,
                                   absl::string_view client);
  // What the request asks with: the pairs of its query or of its body.
  static absl::StatusOr<Form> FormOf(const HttpRequest& request);
  // The secret that is shown; empty = none.
  static absl::StatusOr<std::string> SecretOf(const HttpRequest& request,
                                              const Form& form);
  absl::Status CheckService(absl::string_view service) const;

  Authenticator& authenticator_;
  const RouteOptions routes_;
};

}  // namespace cvr

#endif  // GATEWAY_ACCESS_TOKEN_HANDLER_H_
