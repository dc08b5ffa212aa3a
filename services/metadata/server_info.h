#ifndef SERVICES_METADATA_SERVER_INFO_H_
#define SERVICES_METADATA_SERVER_INFO_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cvr/v1/server_service.pb.h"
#include "services/metadata/resources/admin_limits.h"

namespace cvr {

// What ServerService promises, without the wire: what this installation is and
// allows. Immutable.
class ServerInfo {
 public:
  // What the operator has chosen.
  struct Options {
    AdminLimits limits;
    int64_t cache_entries_per_upstream = 0;
    int64_t audit_events = 0;
    // Source revision; empty = not known.
    std::string revision;
    // What is switched on.
    std::vector<std::string> features;
  };

  explicit ServerInfo(Options options) : options_(std::move(options)) {}

  absl::StatusOr<v1::GetServerInfoResponse> Get() const;

 private:
  const Options options_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_SERVER_INFO_H_
