#ifndef SERVICES_POLICY_UPSTREAM_ACCESS_H_
#define SERVICES_POLICY_UPSTREAM_ACCESS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/limits.h"

namespace cvr {

struct TlsAccess {
  std::string ca_bundle_pem;           // Trusted besides the system's.
  std::string client_certificate_pem;  // Both or neither.
  std::string client_key_pem;
  bool insecure_skip_verify = false;
};

// Limits for requests to an upstream: concurrency, circuit breaker, and the
// part of its rate limit that is held in reserve.
struct UpstreamLimits {
  int concurrent_requests = limits::kConcurrentRequestsDefault;
  // Consecutive failures after which the circuit breaker opens.
  int failures_to_open = limits::kFailuresToOpenDefault;
  absl::Duration open_for = absl::Seconds(limits::kCircuitOpenSecondsDefault);
  int rate_reserve_percent = limits::kRateReservePercentDefault;
};

// How to reach an upstream. Holds secrets: never logged, never returned.
// A value type.
struct UpstreamAccess {
  int64_t id = 0;
  // Candidate::identity of these credentials. All bytes that are fetched with
  // this object were delivered to this identity.
  int64_t identity = 0;
  // As Candidate::cache_epoch. A response that was fetched with this object may
  // be recorded only for plans of the same epoch.
  int64_t cache_epoch = 0;
  std::string group;  // The owner's name.
  std::string name;
  // http or https; a trailing `/` or `/v2` makes no difference.
  std::string url;
  std::string username;  // Both or neither.
  std::string password;
  TlsAccess tls;
  // Hosts outside the upstream's domain whose token services may receive the
  // credentials.
  std::vector<std::string> trusted_token_realms;
  UpstreamLimits limits;
};

}  // namespace cvr

#endif  // SERVICES_POLICY_UPSTREAM_ACCESS_H_
