#ifndef SERVICES_METADATA_TABLES_POSSESSION_TABLES_H_
#define SERVICES_METADATA_TABLES_POSSESSION_TABLES_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/digest.h"
#include "services/metadata/store/metadata_store.h"

// Rows, as in tables.h, for the identities that the bytes of a digest were
// delivered to.
namespace cvr::tables {

// Whether there is such a row. False for identities below 1, which do not
// exist.
absl::StatusOr<bool> HasPossession(const ReadTransaction& transaction,
                                   const Digest& digest, int64_t identity);
void PutPossession(WriteTransaction& transaction, const Digest& digest,
                   int64_t identity);
void DeletePossession(WriteTransaction& transaction, const Digest& digest,
                      int64_t identity);
// Deletes the rows of all identities.
absl::Status DeletePossessions(WriteTransaction& transaction,
                               const Digest& digest);

// To be called when a cache entry of the upstream no longer points at `digest`.
// With the upstream's last such entry, the row of its own credentials is
// deleted: whether the upstream is asked for the bytes again must not depend on
// the entries of other tenants. The row of the public identity stays.
absl::Status ReleasePossession(WriteTransaction& transaction,
                               int64_t upstream_id, absl::string_view digest);

// The identity of all upstreams with the normalised URL `url` and without
// credentials. Once assigned to a URL it never changes, even if all upstreams
// with that URL are deleted.
absl::StatusOr<std::optional<int64_t>> FindPublicIdentity(
    const ReadTransaction& transaction, absl::string_view url);
void PutPublicIdentity(WriteTransaction& transaction, absl::string_view url,
                       int64_t identity);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_POSSESSION_TABLES_H_
