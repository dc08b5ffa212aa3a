#ifndef SERVICES_METADATA_ADMIN_UPSTREAM_UPDATE_H_
#define SERVICES_METADATA_ADMIN_UPSTREAM_UPDATE_H_

#include "absl/status/statusor.h"
#include "cvr/v1/upstream_service.pb.h"

namespace cvr {

// `before`, secrets included, as `request` changes it: Upstream.url and
// UpdateUpstreamRequest state the rules. A mask may also name parts of `tls`
// (`tls.ca_bundle_pem`), so that a key need not be sent again.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<v1::Upstream> Updated(const v1::Upstream& before,
                                     const v1::UpdateUpstreamRequest& request);

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_UPSTREAM_UPDATE_H_
