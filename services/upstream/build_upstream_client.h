#ifndef SERVICES_UPSTREAM_BUILD_UPSTREAM_CLIENT_H_
#define SERVICES_UPSTREAM_BUILD_UPSTREAM_CLIENT_H_

#include <memory>

#include "services/common/clock.h"
#include "services/upstream/curl_transport.h"
#include "services/upstream/upstream_client.h"

namespace cvr {

// The client of real registries. Without a user agent in `options` it says
// `container-virtual-registry/` and the version. `clock` must outlive it.
std::unique_ptr<UpstreamClient> BuildUpstreamClient(
    CurlTransport::Options options, const Clock& clock = Clock::Real());

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_BUILD_UPSTREAM_CLIENT_H_
