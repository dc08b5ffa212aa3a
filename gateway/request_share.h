#ifndef GATEWAY_REQUEST_SHARE_H_
#define GATEWAY_REQUEST_SHARE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "gateway/http_message.h"
#include "gateway/request_gate.h"

namespace cvr {

// In whose name a request for `target`, in origin form, takes a thread, but for
// its client: each registry, logins, catalogs, administration and all the rest
// have a lane of their own, and lists are a kind. `root_registry_id` is whose
// repositories stand at the root.
//
// Which registry a name stands for is not known before the request runs. So
// names have lanes by the first two components of what follows `containers/`,
// which are group and name where groups are not nested, dealt into a bounded
// number: as many as there are for whoever makes names up. Which names share
// one differs with each process, so nobody can choose whom to share with. A
// registry that is pulled by its id and by its name has two lanes; its
// upstreams have one share for both. Pure, but for that.
RequestShare ShareOfTarget(absl::string_view target, int64_t root_registry_id);

// Whether `request` asks for the health of this server: /healthz or /readyz.
// Pure.
bool IsHealthRequest(const HttpRequest& request);

}  // namespace cvr

#endif  // GATEWAY_REQUEST_SHARE_H_
