#ifndef GATEWAY_REST_PLACE_OPERATIONS_H_
#define GATEWAY_REST_PLACE_OPERATIONS_H_

#include "gateway/rest/rest_call.h"

namespace cvr::rest {

// What can be done with the places of upstreams in registries.
RestHandlers PlaceOperations();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_PLACE_OPERATIONS_H_
