#ifndef SERVICES_METADATA_TOKEN_TABLES_H_
#define SERVICES_METADATA_TOKEN_TABLES_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/metadata/metadata_store.h"
#include "services/metadata/stored.pb.h"

// More of tables.h: access tokens, by id and by the hash of their secret.
namespace cvr::tables {

inline constexpr char kAccessTokenIds[] = "access_token";

absl::StatusOr<std::optional<stored::AccessToken>> FindAccessToken(
    const ReadTransaction& transaction, int64_t id);
absl::StatusOr<std::optional<stored::AccessToken>> FindAccessTokenByHash(
    const ReadTransaction& transaction, absl::string_view secret_hash);
absl::Status VisitAccessTokens(
    const ReadTransaction& transaction, int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::AccessToken&)>
        visitor);
// A token keeps its id and hash for life.
void PutAccessToken(WriteTransaction& transaction,
                    const stored::AccessToken& token);
void DeleteAccessToken(WriteTransaction& transaction,
                       const stored::AccessToken& token);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TOKEN_TABLES_H_
