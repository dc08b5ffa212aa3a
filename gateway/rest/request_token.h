#ifndef GATEWAY_REST_REQUEST_TOKEN_H_
#define GATEWAY_REST_REQUEST_TOKEN_H_

#include <string>

#include "gateway/message/http_message.h"

namespace cvr::rest {

// What may be an access token's secret, from `PRIVATE-TOKEN` or else
// `Authorization: Bearer`; empty when there is none. It is visible ASCII. Basic
// and the tokens of clients that pull are no good here. Pure.
std::string TokenOfRequest(const HttpRequest& request);

}  // namespace cvr::rest

#endif  // GATEWAY_REST_REQUEST_TOKEN_H_
