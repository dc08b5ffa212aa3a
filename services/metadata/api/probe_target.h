#ifndef SERVICES_METADATA_API_PROBE_TARGET_H_
#define SERVICES_METADATA_API_PROBE_TARGET_H_

#include "absl/status/statusor.h"
#include "cvr/v1/upstream.pb.h"
#include "services/policy/upstream_access.h"

namespace cvr {

// What a test of an upstream tries: `stored` (default constructed when there is
// none) with what `changes` sets of url, credentials, tls and
// trusted_token_realms in its place, and its group when none is stored. Pure.
//
// Stored credentials and client certificates are for the stored URL. Another
// URL without credentials is tried without; a username alone stands for the
// stored password only if it is the stored one and so is the URL.
// Errors: INVALID_ARGUMENT with fields named as in the request
// (`upstream.url`).
absl::StatusOr<UpstreamAccess> ProbeTarget(const UpstreamAccess& stored,
                                           const v1::Upstream& changes);

}  // namespace cvr

#endif  // SERVICES_METADATA_API_PROBE_TARGET_H_
