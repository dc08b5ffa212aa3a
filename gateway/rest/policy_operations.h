#ifndef GATEWAY_REST_POLICY_OPERATIONS_H_
#define GATEWAY_REST_POLICY_OPERATIONS_H_

#include "gateway/rest/rest_call.h"

namespace cvr::rest {

// What can be done with cleanup policies.
RestHandlers PolicyOperations();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_POLICY_OPERATIONS_H_
