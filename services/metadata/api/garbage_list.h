#ifndef SERVICES_METADATA_API_GARBAGE_LIST_H_
#define SERVICES_METADATA_API_GARBAGE_LIST_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/common/digest.h"

namespace cvr {

// A digest whose bytes nothing points at any more.
struct Garbage {
  int64_t id = 0;  // Positive, rising with time.
  Digest digest;
};

// The digests whose bytes are to be deleted. Thread-safe. Every call answers
// UNAVAILABLE when the metadata service cannot be reached.
class GarbageList {
 public:
  virtual ~GarbageList() = default;

  // Digests that have lost their last entry because something was deleted or
  // purged, and got no new one since: the oldest first, at most `max` (1-1000)
  // of those after `start_after`. Empty = there are no more for now. They are
  // kept until RemoveGarbage(), also over a restart.
  // Errors: INVALID_ARGUMENT for another `max`.
  virtual absl::StatusOr<std::vector<Garbage>> ListGarbage(int64_t start_after,
                                                           int max) = 0;
  // Their bytes are gone. Removing the unknown succeeds.
  virtual absl::Status RemoveGarbage(absl::Span<const int64_t> ids) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_GARBAGE_LIST_H_
