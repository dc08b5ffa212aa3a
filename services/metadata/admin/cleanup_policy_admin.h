#ifndef SERVICES_METADATA_ADMIN_CLEANUP_POLICY_ADMIN_H_
#define SERVICES_METADATA_ADMIN_CLEANUP_POLICY_ADMIN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "services/concurrency/clock.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What CleanupPolicyService promises, without the wire. A request that names
// no group means the default one. Thread-safe.
class CleanupPolicyAdmin {
 public:
  // Both must outlive it.
  CleanupPolicyAdmin(MetadataStore& store, const Clock& clock)
      : store_(store), clock_(clock) {}

  absl::StatusOr<v1::CleanupPolicy> Create(
      const v1::CreateCleanupPolicyRequest& request);
  absl::StatusOr<v1::CleanupPolicy> Get(
      const v1::GetCleanupPolicyRequest& request) const;
  absl::StatusOr<v1::CleanupPolicy> Update(
      const v1::UpdateCleanupPolicyRequest& request);
  absl::Status Delete(const v1::DeleteCleanupPolicyRequest& request);
  absl::StatusOr<v1::CleanupPolicy> Run(
      const v1::RunCleanupPolicyRequest& request);

 private:
  MetadataStore& store_;
  const Clock& clock_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_CLEANUP_POLICY_ADMIN_H_
