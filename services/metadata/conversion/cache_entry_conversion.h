#ifndef SERVICES_METADATA_CONVERSION_CACHE_ENTRY_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_CACHE_ENTRY_CONVERSION_H_

#include "cvr/v1/cache_entry.pb.h"
#include "services/metadata/store/stored_cache.pb.h"

namespace cvr {

// A cache entry as callers see it. Nobody sends one, so there is no way back.
// Pure.
v1::CacheEntry ToApi(const stored::CacheEntry& from);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_CACHE_ENTRY_CONVERSION_H_
