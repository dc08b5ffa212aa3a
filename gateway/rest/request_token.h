#ifndef GATEWAY_REST_REQUEST_TOKEN_H_
#define GATEWAY_REST_REQUEST_TOKEN_H_

#include <string>

#include "gateway/message/http_message.h"

namespace cvr::rest {

// The access token of a request, not yet verified, from `PRIVATE-TOKEN` or else
// `Authorization: Bearer`; empty if there is none. It is visible ASCII. Basic
// credentials and the short-lived tokens of `/jwt/auth` are not accepted. Pure.
std::string TokenOfRequest(const HttpRequest& request);

}  // namespace cvr::rest

#endif  // GATEWAY_REST_REQUEST_TOKEN_H_
