#include "services/metadata/tables/cleanup_tables.h"

#include "services/metadata/tables/table_rows.h"

namespace cvr::tables {

absl::StatusOr<std::optional<stored::CleanupPolicy>> FindCleanupPolicy(
    const ReadTransaction& transaction, absl::string_view group) {
  return Find<stored::CleanupPolicy>(transaction, Table::kCleanupPolicies,
                                     group);
}

absl::Status VisitCleanupPolicies(
    const ReadTransaction& transaction,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CleanupPolicy&)>
        visitor) {
  return transaction.Scan(
      Table::kCleanupPolicies, "", "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto row, Parse<stored::CleanupPolicy>(
                                             Table::kCleanupPolicies, value));
        return visitor(row);
      });
}

void PutCleanupPolicy(WriteTransaction& transaction,
                      const stored::CleanupPolicy& row) {
  transaction.Put(Table::kCleanupPolicies, row.policy().group(),
                  row.SerializeAsString());
}

void DeleteCleanupPolicy(WriteTransaction& transaction,
                         absl::string_view group) {
  transaction.Delete(Table::kCleanupPolicies, group);
}

}  // namespace cvr::tables
