#include "gateway/cache_status.h"

namespace cvr {

absl::string_view CacheStatusOf(ContentOrigin origin, bool stored) {
  switch (origin) {
    case ContentOrigin::kHit:
      return "cvr; hit";
    case ContentOrigin::kMiss:
      return stored ? "cvr; fwd=miss; stored" : "cvr; fwd=miss";
    case ContentOrigin::kRevalidated:
      return "cvr; fwd=stale; detail=revalidated";
    case ContentOrigin::kStale:
      return "cvr; hit; detail=stale";
  }
  return "cvr";
}

}  // namespace cvr
