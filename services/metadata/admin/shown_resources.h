#ifndef SERVICES_METADATA_ADMIN_SHOWN_RESOURCES_H_
#define SERVICES_METADATA_ADMIN_SHOWN_RESOURCES_H_

#include "absl/status/statusor.h"
#include "cvr/v1/registry.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_registry.pb.h"
#include "services/metadata/store/stored_upstream.pb.h"

namespace cvr {

// Resources as every answer has them: with what is output only, and without
// what is input only. Errors: those of tables.h.
absl::StatusOr<v1::Registry> ShownRegistry(const ReadTransaction& transaction,
                                           const stored::Registry& row);
absl::StatusOr<v1::Upstream> ShownUpstream(const ReadTransaction& transaction,
                                           const SecretBox& box,
                                           const stored::Upstream& row);

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_SHOWN_RESOURCES_H_
