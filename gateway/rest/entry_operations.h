#ifndef GATEWAY_REST_ENTRY_OPERATIONS_H_
#define GATEWAY_REST_ENTRY_OPERATIONS_H_

#include "gateway/rest/rest_call.h"

namespace cvr::rest {

// What can be done with cache entries.
RestHandlers EntryOperations();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_ENTRY_OPERATIONS_H_
