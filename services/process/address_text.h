#ifndef SERVICES_PROCESS_ADDRESS_TEXT_H_
#define SERVICES_PROCESS_ADDRESS_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cvr {

// Whether `address` can be one of a gRPC service: host:port, [v6]:port,
// unix:PATH, or another name that gRPC resolves (dns:, ipv4:, ipv6:). Says what
// is wrong in people's words, where gRPC would only fail to connect or use port
// 443: a URL, a port that is missing, an IPv6 address without brackets. Who
// serves (`is_served`) may leave the host out, for every address of the
// machine. Errors: INVALID_ARGUMENT.
absl::Status CheckRpcAddress(absl::string_view address, bool is_served = false);

}  // namespace cvr

#endif  // SERVICES_PROCESS_ADDRESS_TEXT_H_
