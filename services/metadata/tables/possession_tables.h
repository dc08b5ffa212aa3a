#ifndef SERVICES_METADATA_TABLES_POSSESSION_TABLES_H_
#define SERVICES_METADATA_TABLES_POSSESSION_TABLES_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/digest.h"
#include "services/metadata/store/metadata_store.h"

// More of tables.h: which identities the bytes of a digest were delivered to.
namespace cvr::tables {

// Nobody has an identity below 1.
absl::StatusOr<bool> HasPossession(const ReadTransaction& transaction,
                                   const Digest& digest, int64_t identity);
void PutPossession(WriteTransaction& transaction, const Digest& digest,
                   int64_t identity);
void DeletePossession(WriteTransaction& transaction, const Digest& digest,
                      int64_t identity);
// Of all identities.
absl::Status DeletePossessions(WriteTransaction& transaction,
                               const Digest& digest);

// An entry of the upstream points at `digest` no more. With its last one goes
// what was delivered to the upstream's own credentials, so that whether it is
// asked for the bytes again depends on nobody else. What is public stays.
absl::Status ReleasePossession(WriteTransaction& transaction,
                               int64_t upstream_id, absl::string_view digest);

// The identity of those who ask `url`, normalised, without credentials. Once
// given it stays, whoever comes and goes.
absl::StatusOr<std::optional<int64_t>> FindPublicIdentity(
    const ReadTransaction& transaction, absl::string_view url);
void PutPublicIdentity(WriteTransaction& transaction, absl::string_view url,
                       int64_t identity);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_POSSESSION_TABLES_H_
