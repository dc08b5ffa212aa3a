#ifndef SERVICES_METADATA_TABLES_CLEANUP_TABLES_H_
#define SERVICES_METADATA_TABLES_CLEANUP_TABLES_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"

// More of tables.h: cleanup policies, by group.
namespace cvr::tables {

absl::StatusOr<std::optional<stored::CleanupPolicy>> FindCleanupPolicy(
    const ReadTransaction& transaction, absl::string_view group);
absl::Status VisitCleanupPolicies(
    const ReadTransaction& transaction,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CleanupPolicy&)>
        visitor);
void PutCleanupPolicy(WriteTransaction& transaction,
                      const stored::CleanupPolicy& row);
void DeleteCleanupPolicy(WriteTransaction& transaction,
                         absl::string_view group);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_CLEANUP_TABLES_H_
