#ifndef SERVICES_METADATA_TABLES_UPSTREAM_REMOVAL_H_
#define SERVICES_METADATA_TABLES_UPSTREAM_REMOVAL_H_

#include <cstdint>

#include "absl/status/status.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Takes an upstream out of a registry; the others close up. Fine when it is
// not in it.
absl::Status Detach(WriteTransaction& transaction, int64_t registry_id,
                    int64_t upstream_id);

// Detaches an upstream everywhere and deletes it: nothing is served in its name
// any more. What is cached of it is marked, for the Sweeper to delete. Fine
// when it is not there.
absl::Status RemoveUpstream(WriteTransaction& transaction, int64_t upstream_id);

}  // namespace cvr

#endif  // SERVICES_METADATA_TABLES_UPSTREAM_REMOVAL_H_
