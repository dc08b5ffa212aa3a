#ifndef GATEWAY_REGISTRY_REQUEST_SHARE_H_
#define GATEWAY_REGISTRY_REQUEST_SHARE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "gateway/http/request_scheduler.h"
#include "gateway/message/http_message.h"
#include "gateway/registry/registry_queues.h"

namespace cvr {

// In whose name a request for `target`, in origin form, takes a thread, but for
// its client: each registry, logins, catalogs, administration and all the rest
// have a queue of their own, and lists are a kind. `root_registry_id` is whose
// repositories stand at the root, `queues` tells those of registries that are
// named.
RequestShare ShareOfTarget(absl::string_view target, int64_t root_registry_id,
                           const RegistryQueues& queues);

// Whether `request` asks for the health of this server: /healthz or /readyz.
// Pure.
bool IsHealthRequest(const HttpRequest& request);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_REQUEST_SHARE_H_
