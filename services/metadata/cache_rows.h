#ifndef SERVICES_METADATA_CACHE_ROWS_H_
#define SERVICES_METADATA_CACHE_ROWS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "protos/cvr/v1/cache_entry.pb.h"
#include "services/common/content.h"
#include "services/metadata/metadata_store.h"

namespace cvr {

// Makes the next pull of `content` ask the upstream: deletes its entry and,
// when it is addressed by digest, the row that says that the upstream has the
// digest. `entry` is the one of the path, if there is one.
void ForgetPath(WriteTransaction& transaction, int64_t upstream_id,
                const ContentRef& content, const v1::CacheEntry* entry);

}  // namespace cvr

#endif  // SERVICES_METADATA_CACHE_ROWS_H_
