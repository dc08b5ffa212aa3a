#ifndef SERVICES_RPC_CREDENTIALS_PLAINTEXT_H_
#define SERVICES_RPC_CREDENTIALS_PLAINTEXT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cvr {

// Whether `address` may be served, or called, without TLS: when it is on this
// machine alone, or `insisted`, which logs a warning. `remedy` is what to do
// instead: `set --x`.
// Errors: FAILED_PRECONDITION in one line that names all of these.
absl::Status CheckPlaintext(absl::string_view address, bool insisted,
                            absl::string_view remedy);

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_PLAINTEXT_H_
