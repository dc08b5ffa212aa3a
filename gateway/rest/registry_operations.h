#ifndef GATEWAY_REST_REGISTRY_OPERATIONS_H_
#define GATEWAY_REST_REGISTRY_OPERATIONS_H_

#include "gateway/rest/rest_call.h"

namespace cvr::rest {

// What can be done with registries.
RestHandlers RegistryOperations();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_REGISTRY_OPERATIONS_H_
