#ifndef SERVICES_METADATA_ADMIN_UPSTREAM_UPDATE_H_
#define SERVICES_METADATA_ADMIN_UPSTREAM_UPDATE_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/upstream_service.pb.h"

namespace cvr {

// `before`, as OpenUpstream() gives it, secrets included, as `request` changes
// it at `now`: Upstream.url and UpdateUpstreamRequest state the rules. Its
// credentials_update_time is `now` when its secrets are others, or are given
// again; etag and update_time stay. Errors: INVALID_ARGUMENT.
absl::StatusOr<v1::Upstream> Updated(const v1::Upstream& before,
                                     const v1::UpdateUpstreamRequest& request,
                                     absl::Time now);

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_UPSTREAM_UPDATE_H_
