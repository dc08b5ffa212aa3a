#ifndef SERVICES_METADATA_TABLES_POSSESSION_H_
#define SERVICES_METADATA_TABLES_POSSESSION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/digest.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_upstream.pb.h"

// Whose the stored bytes are. DESIGN.md, "Possession". Errors: those of
// tables.h.
namespace cvr::possession {

// Gives `row` its identities: with credentials a new one of its own, without
// any that of everybody who asks its URL. `before` is the row that it replaces;
// null for a new one. It keeps its own identity as long as it has the same URL
// and credentials: `secrets` and `secrets_before` are what is sealed in the
// two.
absl::Status Assign(WriteTransaction& transaction,
                    const stored::Secrets& secrets,
                    const stored::Secrets* secrets_before,
                    const stored::Upstream* before, stored::Upstream& row);

// Gives the upstream of `row` another identity of its own, if it has one: what
// was delivered to it before is possessed no more. That of everybody stays.
absl::Status Renew(WriteTransaction& transaction, stored::Upstream& row);

// Gives all upstreams that have none yet their identities: the rows of format
// version 3. Does nothing the next time.
absl::Status AssignMissing(MetadataStore& store);

// Whether the bytes of `digest` were delivered to one of the two.
absl::StatusOr<bool> Has(const ReadTransaction& transaction,
                         const Digest& digest, int64_t identity,
                         int64_t public_identity);

// The bytes of `digest` were delivered to `identity`, 0 = to nobody. Noted only
// if that is still one of the upstream's.
absl::Status Note(WriteTransaction& transaction, int64_t upstream_id,
                  const Digest& digest, int64_t identity);

}  // namespace cvr::possession

#endif  // SERVICES_METADATA_TABLES_POSSESSION_H_
