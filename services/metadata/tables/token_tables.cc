#include "services/metadata/tables/token_tables.h"

#include <limits>
#include <string>

#include "services/metadata/tables/table_rows.h"

namespace cvr::tables {
namespace {

// The newest come first in a scan.
std::string AuditKey(int64_t id) {
  return IdKey(std::numeric_limits<int64_t>::max() - id);
}

}  // namespace

absl::StatusOr<std::optional<stored::AccessToken>> FindAccessToken(
    const ReadTransaction& transaction, int64_t id) {
  if (id <= 0) return std::nullopt;
  return Find<stored::AccessToken>(transaction, Table::kAccessTokens,
                                   IdKey(id));
}

absl::StatusOr<std::optional<stored::AccessToken>> FindAccessTokenByHash(
    const ReadTransaction& transaction, absl::string_view secret_hash) {
  ASSIGN_OR_RETURN(const auto key,
                   transaction.Get(Table::kAccessTokenHashes, secret_hash));
  if (!key) return std::nullopt;
  return Find<stored::AccessToken>(transaction, Table::kAccessTokens, *key);
}

absl::Status VisitAccessTokens(
    const ReadTransaction& transaction, int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::AccessToken&)>
        visitor) {
  return transaction.Scan(
      Table::kAccessTokens, "", start_after == 0 ? "" : IdKey(start_after),
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto token, Parse<stored::AccessToken>(
                                               Table::kAccessTokens, value));
        return visitor(token);
      });
}

void PutAccessToken(WriteTransaction& transaction,
                    const stored::AccessToken& token) {
  const std::string key = IdKey(token.access_token().id());
  transaction.Put(Table::kAccessTokens, key, token.SerializeAsString());
  transaction.Put(Table::kAccessTokenHashes, token.secret_hash(), key);
}

void DeleteAccessToken(WriteTransaction& transaction,
                       const stored::AccessToken& token) {
  transaction.Delete(Table::kAccessTokens, IdKey(token.access_token().id()));
  transaction.Delete(Table::kAccessTokenHashes, token.secret_hash());
}

absl::Status VisitRevocations(const ReadTransaction& transaction,
                              absl::FunctionRef<absl::StatusOr<bool>(
                                  int64_t token_id, const stored::Revocation&)>
                                  visitor) {
  return transaction.Scan(
      Table::kRevocations, "", "",
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        KeyReader reader(key);
        int64_t id = 0;
        if (!reader.Int(id) || !reader.Done()) {
          return Damaged(Table::kRevocations);
        }
        ASSIGN_OR_RETURN(const auto revocation,
                         Parse<stored::Revocation>(Table::kRevocations, value));
        return visitor(id, revocation);
      });
}

void PutRevocation(WriteTransaction& transaction, int64_t token_id,
                   const stored::Revocation& revocation) {
  transaction.Put(Table::kRevocations, IdKey(token_id),
                  revocation.SerializeAsString());
}

void DeleteRevocation(WriteTransaction& transaction, int64_t token_id) {
  transaction.Delete(Table::kRevocations, IdKey(token_id));
}

absl::StatusOr<std::optional<stored::AuditEvent>> FindAuditEvent(
    const ReadTransaction& transaction, int64_t id) {
  if (id <= 0) return std::nullopt;
  return Find<stored::AuditEvent>(transaction, Table::kAuditEvents,
                                  AuditKey(id));
}

absl::Status VisitAuditEvents(
    const ReadTransaction& transaction, int64_t before,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::AuditEvent&)>
        visitor) {
  return transaction.Scan(
      Table::kAuditEvents, "", before == 0 ? "" : AuditKey(before),
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto event,
                         Parse<stored::AuditEvent>(Table::kAuditEvents, value));
        return visitor(event);
      });
}

void PutAuditEvent(WriteTransaction& transaction,
                   const stored::AuditEvent& event) {
  transaction.Put(Table::kAuditEvents, AuditKey(event.id()),
                  event.SerializeAsString());
}

void DeleteAuditEvent(WriteTransaction& transaction, int64_t id) {
  transaction.Delete(Table::kAuditEvents, AuditKey(id));
}

}  // namespace cvr::tables
