#include "gateway/registry/cache_status.h"

namespace cvr {
namespace {

constexpr char kStaleWarning[] =
    "299 - \"stale response: the upstream is unavailable\"";

}  // namespace

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

void AddOrigin(HttpFields& fields, ContentOrigin origin, bool stored) {
  fields.Add("Cache-Status", CacheStatusOf(origin, stored));
  if (origin == ContentOrigin::kStale) fields.Add("Warning", kStaleWarning);
}

}  // namespace cvr
