#include "services/process/ready_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "services/process/whole_file.h"

ABSL_FLAG(
    std::string, ready_file, "",
    "File that is written when the server is ready (a gateway: when its "
    "backend services are ready too). It is JSON with the bound addresses, in "
    "the fields `http` and `grpc`. Use it to find the port after listening on "
    "port 0. A file that an earlier process left is removed at startup.");

namespace cvr {

absl::Status RemoveReadyFile() {
  const std::string path = absl::GetFlag(FLAGS_ready_file);
  if (path.empty()) return absl::OkStatus();
  const auto error = [&](absl::string_view detail) {
    return absl::FailedPreconditionError(
        absl::StrCat("--ready_file=", path, ": ", detail));
  };
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return error(std::strerror(errno));
  }
  const size_t slash = path.rfind('/');
  const std::string directory = slash == path.npos ? "."
                                : slash == 0       ? "/"
                                                   : path.substr(0, slash);
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    return error(absl::StrCat(directory, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status WriteReadyFile(const BoundAddresses& addresses) {
  const std::string path = absl::GetFlag(FLAGS_ready_file);
  if (path.empty()) return absl::OkStatus();
  nlohmann::json ready = nlohmann::json::object();
  if (!addresses.http.empty()) ready["http"] = addresses.http;
  if (!addresses.grpc.empty()) ready["grpc"] = addresses.grpc;
  const absl::Status written =
      ReplaceFile(path, ready.dump() + "\n", FileSync::kNone);
  if (written.ok()) return written;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot write ", written.message()));
}

}  // namespace cvr
