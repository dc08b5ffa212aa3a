#ifndef SERVICES_METADATA_RESOURCES_UPSTREAM_WIRE_H_
#define SERVICES_METADATA_RESOURCES_UPSTREAM_WIRE_H_

#include "cvr/v1/upstream.pb.h"
#include "services/policy/upstream_access.h"

namespace cvr {

// Between an upstream with its secrets and what the blob service needs of it.
UpstreamAccess ToAccess(const v1::Upstream& upstream);
v1::Upstream FromAccess(const UpstreamAccess& access);

// With the defaults for what is not set.
UpstreamLimits LimitsOf(const v1::UpstreamLimits& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_UPSTREAM_WIRE_H_
