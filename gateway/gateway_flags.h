#ifndef GATEWAY_GATEWAY_FLAGS_H_
#define GATEWAY_GATEWAY_FLAGS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/gateway.h"
#include "services/metadata/api/token_authority.h"
#include "services/process/process.h"

namespace cvr {

// What the command line says of the gateway: --http_address,
// --root_registry, --external_url and their kin. `auth` must outlive the
// gateway. Errors: INVALID_ARGUMENT for what makes no sense, and for a bad
// certificate; FAILED_PRECONDITION for plain text where it is not allowed.
absl::StatusOr<Gateway::Options> GatewayOptionsFromFlags(TokenAuthority& auth);

// Whether the gateway's flags make sense and its port is free, as far as that
// can be told without making anything. Errors: as above; FAILED_PRECONDITION
// for
// --http_address.
absl::Status CheckGatewayFlags();

// Whether clients are on this machine only: --http_address is, and neither
// --external_url nor --trusted_proxies says that others are sent there.
bool IsHttpLocal();

// --root_registry; 0 = none.
int64_t RootRegistryFromFlags();

// --external_url; may be empty.
std::string ExternalUrlFromFlags();

// Has SIGHUP read the certificate again, if there is one. An error is logged,
// and the old certificate stays.
void ReloadOnHangup(const Gateway::Options& options, StopSignal& stop);

// How long a stopping process lets replies finish: --drain_timeout.
absl::Duration DrainTimeoutFromFlags();

// The file of --tls_certificate_file; empty when there is none.
std::string CertificatePathFromFlags();

}  // namespace cvr

#endif  // GATEWAY_GATEWAY_FLAGS_H_
