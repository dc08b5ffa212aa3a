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

// The gateway's options from its flags: --http_address, --root_registry,
// --external_url and the others of gateway_flags.cc. `auth` must outlive the
// gateway. Errors: INVALID_ARGUMENT for an invalid value or certificate;
// FAILED_PRECONDITION for an address that needs TLS.
absl::StatusOr<Gateway::Options> GatewayOptionsFromFlags(TokenAuthority& auth);

// Checks that the gateway's flags are valid and its port is free, as far as
// that is possible without creating files. Errors: as above;
// FAILED_PRECONDITION for --http_address.
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
