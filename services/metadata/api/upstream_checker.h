#ifndef SERVICES_METADATA_API_UPSTREAM_CHECKER_H_
#define SERVICES_METADATA_API_UPSTREAM_CHECKER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// Tells which upstreams are still what they were when a download began.
// Thread-safe.
class UpstreamChecker {
 public:
  virtual ~UpstreamChecker() = default;

  // Those of `upstreams`, in their order, that nothing may be got from any more
  // as it was then: they are gone, disabled, or reached otherwise (URL,
  // credentials, TLS). Not those that were merely purged. One read, cheap.
  // Errors: INVALID_ARGUMENT for more than limits::kCheckedUpstreamsMax;
  // UNAVAILABLE when the metadata service cannot be reached.
  virtual absl::StatusOr<std::vector<UpstreamEpoch>> CheckUpstreams(
      absl::Span<const UpstreamEpoch> upstreams) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_UPSTREAM_CHECKER_H_
