#include "gateway/registry/cache_status.h"

namespace cvr {
namespace {

constexpr char kStaleWarning[] =
    "299 - \"stale response: the upstream is unavailable\"";

}  // namespace

absl::string_view CacheStatusField(CacheStatus cache_status, bool stored) {
  switch (cache_status) {
    case CacheStatus::kHit:
      return "cvr; hit";
    case CacheStatus::kMiss:
      return stored ? "cvr; fwd=miss; stored" : "cvr; fwd=miss";
    case CacheStatus::kRevalidated:
      return "cvr; fwd=stale; detail=revalidated";
    case CacheStatus::kStale:
      return "cvr; hit; detail=stale";
  }
  return "cvr";
}

void AddCacheStatus(HttpFields& fields, CacheStatus cache_status, bool stored) {
  fields.Add("Cache-Status", CacheStatusField(cache_status, stored));
  if (cache_status == CacheStatus::kStale) fields.Add("Warning", kStaleWarning);
}

}  // namespace cvr
