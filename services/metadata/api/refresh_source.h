#ifndef SERVICES_METADATA_API_REFRESH_SOURCE_H_
#define SERVICES_METADATA_API_REFRESH_SOURCE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "services/common/content.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// A tag to be revalidated now, so that no pull has to wait for it.
struct RefreshDue {
  ContentRef content;
  Candidate candidate;
};

// Gives out the tags that are to be revalidated before they expire.
// Thread-safe.
class RefreshSource {
 public:
  virtual ~RefreshSource() = default;

  // Takes up to `max` tags that were pulled shortly before they expire, of
  // upstreams that want them refreshed ahead. Each is given out once.
  // Errors: UNAVAILABLE when the metadata service cannot be reached.
  virtual absl::StatusOr<std::vector<RefreshDue>> TakeRefreshDue(int max) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_REFRESH_SOURCE_H_
