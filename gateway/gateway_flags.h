#ifndef GATEWAY_GATEWAY_FLAGS_H_
#define GATEWAY_GATEWAY_FLAGS_H_

#include "absl/time/time.h"
#include "gateway/gateway.h"

namespace cvr {

// What the command line says of the gateway: --http_address,
// --root_registry and their kin.
Gateway::Options GatewayOptionsFromFlags();

// How long a stopping process lets replies finish: --drain_timeout.
absl::Duration DrainTimeoutFromFlags();

}  // namespace cvr

#endif  // GATEWAY_GATEWAY_FLAGS_H_
