#ifndef SERVICES_METADATA_API_UPSTREAM_ACCESS_SOURCE_H_
#define SERVICES_METADATA_API_UPSTREAM_ACCESS_SOURCE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/policy/upstream_access.h"

namespace cvr {

// Tells how an upstream is reached. The answer holds credentials, so only what
// sends requests to upstreams has one. Thread-safe.
class UpstreamAccessSource {
 public:
  virtual ~UpstreamAccessSource() = default;

  // URL, credentials and TLS settings of an upstream, as they are now.
  // Errors: NOT_FOUND; UNAVAILABLE when the metadata service cannot be reached.
  virtual absl::StatusOr<UpstreamAccess> GetUpstreamAccess(
      int64_t upstream_id) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_UPSTREAM_ACCESS_SOURCE_H_
