#ifndef GATEWAY_REST_ATTACHMENT_OPERATIONS_H_
#define GATEWAY_REST_ATTACHMENT_OPERATIONS_H_

#include "gateway/rest/rest_call.h"

namespace cvr::rest {

// What can be done with the places of upstreams in registries.
RestHandlers AttachmentOperations();

}  // namespace cvr::rest

#endif  // GATEWAY_REST_ATTACHMENT_OPERATIONS_H_
