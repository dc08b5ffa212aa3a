#ifndef SERVICES_METADATA_API_POSSESSION_SOURCE_H_
#define SERVICES_METADATA_API_POSSESSION_SOURCE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/common/digest.h"

namespace cvr {

// Tells to whom bytes have been delivered. Stored bytes are served in an
// upstream's name only after that. Thread-safe.
class PossessionSource {
 public:
  virtual ~PossessionSource() = default;

  // Which of `identities`, each once, the bytes of `digest` have been delivered
  // to: as Candidate::possessed, but now.
  // Errors: INVALID_ARGUMENT for more than limits::kIdentitiesAskedMax;
  // UNAVAILABLE when the metadata service cannot be reached.
  virtual absl::StatusOr<std::vector<int64_t>> FindPossessing(
      const Digest& digest, absl::Span<const int64_t> identities) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_POSSESSION_SOURCE_H_
