#include "services/metadata/tables/operation_tables.h"

#include <limits>

#include "services/metadata/tables/table_rows.h"

namespace cvr::tables {
namespace {

// The newest come first in a scan.
std::string OperationKey(int64_t id) {
  return IdKey(std::numeric_limits<int64_t>::max() - id);
}

}  // namespace

absl::StatusOr<std::optional<stored::Operation>> FindOperation(
    const ReadTransaction& transaction, int64_t id) {
  if (id <= 0) return std::nullopt;
  return Find<stored::Operation>(transaction, Table::kOperations,
                                 OperationKey(id));
}

absl::Status VisitOperations(
    const ReadTransaction& transaction, int64_t before,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Operation&)> visitor) {
  return transaction.Scan(
      Table::kOperations, "", before <= 0 ? "" : OperationKey(before),
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto operation,
                         Parse<stored::Operation>(Table::kOperations, value));
        return visitor(operation);
      });
}

void PutOperation(WriteTransaction& transaction,
                  const stored::Operation& operation) {
  transaction.Put(Table::kOperations, OperationKey(operation.id()),
                  operation.SerializeAsString());
}

void DeleteOperation(WriteTransaction& transaction, int64_t id) {
  transaction.Delete(Table::kOperations, OperationKey(id));
}

std::string ReplayKey::Encode() const {
  return KeyBuilder().Int(token_id).String(method).Rest(request_id).Build();
}

absl::StatusOr<std::optional<stored::RequestReplay>> FindReplay(
    const ReadTransaction& transaction, const ReplayKey& key) {
  return FindReplay(transaction, key.Encode());
}

absl::StatusOr<std::optional<stored::RequestReplay>> FindReplay(
    const ReadTransaction& transaction, absl::string_view encoded_key) {
  return Find<stored::RequestReplay>(transaction, Table::kRequestReplays,
                                     encoded_key);
}

void PutReplay(WriteTransaction& transaction, const ReplayKey& key,
               const stored::RequestReplay& replay) {
  PutReplay(transaction, key.Encode(), replay);
}

absl::Status VisitReplays(
    const ReadTransaction& transaction, int64_t token_id,
    absl::FunctionRef<absl::StatusOr<bool>(absl::string_view key,
                                           const stored::RequestReplay&)>
        visitor) {
  return transaction.Scan(
      Table::kRequestReplays, token_id == 0 ? "" : IdKey(token_id), "",
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto replay, Parse<stored::RequestReplay>(
                                                Table::kRequestReplays, value));
        return visitor(key, replay);
      });
}

void PutReplay(WriteTransaction& transaction, absl::string_view encoded_key,
               const stored::RequestReplay& replay) {
  transaction.Put(Table::kRequestReplays, encoded_key,
                  replay.SerializeAsString());
}

void DeleteReplay(WriteTransaction& transaction,
                  absl::string_view encoded_key) {
  transaction.Delete(Table::kRequestReplays, encoded_key);
}

}  // namespace cvr::tables
