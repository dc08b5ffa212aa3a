#include "services/common/ready_file.h"

#include "absl/flags/flag.h"
#include "nlohmann/json.hpp"
#include "services/common/process.h"

ABSL_FLAG(std::string, ready_file, "",
          "Written once everything is served: JSON with the bound addresses "
          "`http` and `grpc`. The way to use port 0.");

namespace cvr {

absl::Status WriteReadyFile(const BoundAddresses& addresses) {
  const std::string path = absl::GetFlag(FLAGS_ready_file);
  if (path.empty()) return absl::OkStatus();
  nlohmann::json ready = nlohmann::json::object();
  if (!addresses.http.empty()) ready["http"] = addresses.http;
  if (!addresses.grpc.empty()) ready["grpc"] = addresses.grpc;
  return WriteFileAtomically(path, ready.dump() + "\n");
}

}  // namespace cvr
