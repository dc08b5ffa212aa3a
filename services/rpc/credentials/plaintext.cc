#include "services/rpc/credentials/plaintext.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/process/local_address.h"
#include "spdlog/spdlog.h"

namespace cvr {

absl::Status CheckPlaintext(absl::string_view address, bool insisted,
                            absl::string_view remedy) {
  if (IsLocalAddress(address)) return absl::OkStatus();
  if (!insisted) {
    return absl::FailedPreconditionError(
        absl::StrCat("refusing to use ", address,
                     " without TLS, because passwords and tokens would be sent "
                     "unencrypted: ",
                     remedy, ", or set --insecure_plaintext to allow it"));
  }
  spdlog::warn(
      "no TLS on {}: passwords and tokens are sent unencrypted "
      "(--insecure_plaintext is set)",
      std::string(address));
  return absl::OkStatus();
}

}  // namespace cvr
