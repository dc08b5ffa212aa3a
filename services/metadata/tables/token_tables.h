#ifndef SERVICES_METADATA_TABLES_TOKEN_TABLES_H_
#define SERVICES_METADATA_TABLES_TOKEN_TABLES_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_access_token.pb.h"
#include "services/metadata/store/stored_audit_event.pb.h"

// More of tables.h: access tokens, by id and by the hash of their secret, and
// what was done with them.
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

// Revocations, by the id of the access token.
absl::Status VisitRevocations(const ReadTransaction& transaction,
                              absl::FunctionRef<absl::StatusOr<bool>(
                                  int64_t token_id, const stored::Revocation&)>
                                  visitor);
void PutRevocation(WriteTransaction& transaction, int64_t token_id,
                   const stored::Revocation& revocation);
void DeleteRevocation(WriteTransaction& transaction, int64_t token_id);

// Audit events, the newest first.
inline constexpr char kAuditEventIds[] = "audit_event";

absl::StatusOr<std::optional<stored::AuditEvent>> FindAuditEvent(
    const ReadTransaction& transaction, int64_t id);
// Those with an id below `before`; 0 = all.
absl::Status VisitAuditEvents(
    const ReadTransaction& transaction, int64_t before,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::AuditEvent&)> visitor);
void PutAuditEvent(WriteTransaction& transaction,
                   const stored::AuditEvent& event);
void DeleteAuditEvent(WriteTransaction& transaction, int64_t id);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_TOKEN_TABLES_H_
