#ifndef SERVICES_UPSTREAM_BUILD_UPSTREAM_CLIENT_H_
#define SERVICES_UPSTREAM_BUILD_UPSTREAM_CLIENT_H_

#include <memory>

#include "services/concurrency/clock.h"
#include "services/concurrency/memory_budget.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/gate/upstream_gate.h"
#include "services/upstream/http/answer_observer.h"
#include "services/upstream/http/curl/curl_transport.h"

namespace cvr {

// The client of real registries. Without a user agent in `options` it says
// `container-virtual-registry/` and the version. `observer` and `memory` may be
// null; they and `clock` must outlive the client.
std::unique_ptr<UpstreamClient> BuildUpstreamClient(
    CurlTransport::Options options, const Clock& clock = Clock::Real(),
    AnswerObserver* observer = nullptr, MemoryBudget* memory = nullptr);

// The same behind its gate: what services use.
std::unique_ptr<UpstreamGate> BuildUpstreamGate(
    CurlTransport::Options options, const Clock& clock = Clock::Real(),
    MemoryBudget* memory = nullptr);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_BUILD_UPSTREAM_CLIENT_H_
