#ifndef SERVICES_METADATA_RESOLUTION_MIGRATION_H_
#define SERVICES_METADATA_RESOLUTION_MIGRATION_H_

#include "absl/status/status.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Brings the rows of an older store up to date, in transactions of bounded
// size; one that was interrupted begins anew. Does nothing otherwise. To be
// called before anything else uses the store. Errors: those of tables.h.
absl::Status Migrate(MetadataStore& store);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_MIGRATION_H_
