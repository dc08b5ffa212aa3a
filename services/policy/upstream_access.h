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
  absl::Duration open_ttl = absl::Seconds(limits::kCircuitOpenSecondsDefault);
  int rate_reserve_percent = limits::kRateReservePercentDefault;
};

// How to reach an upstream. Holds secrets: never logged, never returned.
// A value type.
struct UpstreamAccess {
  int64_t id = 0;
  // Candidate::identity of these credentials: whatever comes through this
  // access was delivered to it.
  int64_t identity = 0;
  // As Candidate::cache_epoch. An answer that was got by this access may be
  // recorded for plans of the same epoch only.
  int64_t cache_epoch = 0;
  // Of the upstream: its update time in nanoseconds, another one after every
  // change by an administrator, also of secrets; 0 = not known.
  int64_t version = 0;
  std::string group;  // Whose it is.
  std::string name;
  // http or https; a trailing `/` or `/v2` makes no difference.
  std::string url;
  std::string username;  // Both or neither.
  std::string password;
  TlsAccess tls;
  // Hosts, besides the upstream's own domain, whose token endpoints may be sent
  // the credentials.
  std::vector<std::string> trusted_token_realms;
  UpstreamLimits limits;
};

}  // namespace cvr

#endif  // SERVICES_POLICY_UPSTREAM_ACCESS_H_
