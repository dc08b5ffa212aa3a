#ifndef SERVICES_METADATA_RESOURCES_UPSTREAM_WIRE_H_
#define SERVICES_METADATA_RESOURCES_UPSTREAM_WIRE_H_

#include "cvr/v1/upstream.pb.h"
#include "services/policy/upstream_access.h"

namespace cvr {

// What is needed of an upstream to reach it. Credentials are there if they are
// in the message, as in requests of callers.
UpstreamAccess ToAccess(const v1::Upstream& upstream);

// The same in a message: all but identity and epoch, and without credentials,
// which are in no cvr.v1.Upstream that we fill.
v1::Upstream FromAccess(const UpstreamAccess& access);

// With the defaults for what is not set.
UpstreamLimits LimitsOf(const v1::UpstreamLimits& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_UPSTREAM_WIRE_H_
