#ifndef GATEWAY_REST_UPSTREAM_OPERATIONS_H_
#define GATEWAY_REST_UPSTREAM_OPERATIONS_H_

#include "gateway/rest/rest_call.h"

namespace cvr::rest {

// What can be done with upstreams and their caches.
RestHandlers UpstreamOperations();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_UPSTREAM_OPERATIONS_H_
