#ifndef GATEWAY_REGISTRY_BEARER_CHALLENGE_H_
#define GATEWAY_REGISTRY_BEARER_CHALLENGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"

namespace cvr {

// The path of the token endpoint.
inline constexpr char kTokenPath[] = "/jwt/auth";

// The scope of the repository that `target`, under `/v2/`, is about, under the
// name that it has there: `repository:<name>:pull`; `registry:catalog:*` for a
// catalog; empty when there is none. Pure.
std::string ScopeOf(absl::string_view target);

// What a client is told who must show something first: the value of
// WWW-Authenticate. `external_url`, a scheme and an authority, says where
// clients reach us; when it is empty, the request's Host does, with the scheme
// of `own_url`; when that is no host, `own_url` itself, of the same form.
// `error` is one of RFC 6750, section 3.1, or empty. There
// is one challenge and it is Bearer: the docker engine answers each scheme that
// is offered, so that a second, Basic one would spoil pulls without
// credentials. Pure.
std::string BearerChallenge(const HttpRequest& request,
                            absl::string_view external_url,
                            absl::string_view own_url,
                            absl::string_view service, absl::string_view error);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_BEARER_CHALLENGE_H_
