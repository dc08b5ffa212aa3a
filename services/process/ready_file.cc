#include "services/process/ready_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "services/process/whole_file.h"

ABSL_FLAG(std::string, ready_file, "",
          "Written once everything is served, by a gateway once the services "
          "behind it serve it: JSON with the bound addresses `http` and "
          "`grpc`. The way to use port 0. What an earlier process has left "
          "there is removed at the start.");

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
