#ifndef SERVICES_METADATA_TABLES_CLEANUP_TABLES_H_
#define SERVICES_METADATA_TABLES_CLEANUP_TABLES_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"

// More of tables.h: cleanup policies, by group. Rows of earlier revisions are
// answered as if this one had written them.
namespace cvr::tables {

// The group's policy; what it is by default when there is no row.
absl::StatusOr<stored::CleanupPolicy> CleanupPolicyOf(
    const ReadTransaction& transaction, absl::string_view group);
// Those that have a row.
absl::Status VisitCleanupPolicies(
    const ReadTransaction& transaction,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::CleanupPolicy&)>
        visitor);
// The oldest runs go when there are more than limits::kCleanupRunsMax.
void PutCleanupPolicy(WriteTransaction& transaction, stored::CleanupPolicy row);
void DeleteCleanupPolicy(WriteTransaction& transaction,
                         absl::string_view group);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_CLEANUP_TABLES_H_
