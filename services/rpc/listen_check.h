#ifndef SERVICES_RPC_LISTEN_CHECK_H_
#define SERVICES_RPC_LISTEN_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cvr {

// Whether `address` (host:port, [v6]:port, :port) can be listened on now, which
// is tried and given up again: a start that cannot serve shall fail before it
// makes anything. Port 0 and unix:PATH are not tried. Any thread.
// Errors: FAILED_PRECONDITION in one line that names `flag`, the address and
// the reason: it is no address, is in use, or is not this machine's.
absl::Status CheckCanListen(absl::string_view flag, absl::string_view address);

}  // namespace cvr

#endif  // SERVICES_RPC_LISTEN_CHECK_H_
