#include "services/rpc/plaintext.h"

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
        absl::StrCat("plain text to or from other machines, as on ", address,
                     ", would show passwords and tokens: ", remedy,
                     ", or insist by --insecure_plaintext"));
  }
  spdlog::warn(
      "plain text on {}: anybody on the way can read passwords and tokens",
      std::string(address));
  return absl::OkStatus();
}

}  // namespace cvr
