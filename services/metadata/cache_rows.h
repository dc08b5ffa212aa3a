#ifndef SERVICES_METADATA_CACHE_ROWS_H_
#define SERVICES_METADATA_CACHE_ROWS_H_

#include "absl/status/status.h"
#include "protos/cvr/v1/cache_entry.pb.h"
#include "services/metadata/metadata_store.h"

namespace cvr {

// Makes the next pull of the entry's path ask the upstream: deletes the entry
// and, when it is addressed by digest, that the upstream has the digest.
absl::Status ForgetEntry(WriteTransaction& transaction,
                         const v1::CacheEntry& entry);

}  // namespace cvr

#endif  // SERVICES_METADATA_CACHE_ROWS_H_
