#include "services/rpc/listen_check.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "services/process/local_address.h"
#include "services/rpc/listen_socket.h"

namespace cvr {

absl::Status CheckCanListen(absl::string_view flag, absl::string_view address) {
  if (IsUnixAddress(address)) return absl::OkStatus();
  const auto error = [&](absl::string_view problem) {
    return absl::FailedPreconditionError(
        absl::StrCat("--", flag, "=", address, ": ", problem));
  };
  const auto wanted = SplitHostPort(address);
  if (!wanted) return error("must be host:port");
  if (wanted->port == "0") return absl::OkStatus();
  const auto fd = OpenListenSocket(*wanted, /*backlog_connections=*/1);
  if (!fd.ok()) return error(fd.status().message());
  close(*fd);
  return absl::OkStatus();
}

}  // namespace cvr
