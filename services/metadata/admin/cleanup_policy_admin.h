#ifndef SERVICES_METADATA_ADMIN_CLEANUP_POLICY_ADMIN_H_
#define SERVICES_METADATA_ADMIN_CLEANUP_POLICY_ADMIN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/internal/v1/facade_service.pb.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "cvr/v1/operation.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/clock.h"
#include "services/metadata/operations/operations.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What CleanupPolicyService promises, without the wire, and FacadeService,
// whose settings are kept beside the policies. Thread-safe.
class CleanupPolicyAdmin {
 public:
  // Of the operations that it starts: CleanupRunner::RunFor() works on them.
  static constexpr char kRunCleanup[] = "CleanupPolicyService.RunCleanup";

  // All must outlive it.
  CleanupPolicyAdmin(MetadataStore& store, PullCounter& pulls,
                     Operations& operations, const Clock& clock)
      : store_(store), pulls_(pulls), operations_(operations), clock_(clock) {}

  absl::StatusOr<v1::CleanupPolicy> Get(
      const v1::GetCleanupPolicyRequest& request) const;
  absl::StatusOr<v1::CleanupPolicy> Update(
      const v1::UpdateCleanupPolicyRequest& request);
  absl::StatusOr<v1::Operation> Run(const v1::RunCleanupRequest& request,
                                    const Caller& caller);
  absl::StatusOr<v1::ListCleanupRunsResponse> ListRuns(
      const v1::ListCleanupRunsRequest& request) const;

  // FacadeService.
  absl::StatusOr<internal::v1::GetFacadeSettingsResponse> GetFacadeSettings(
      const internal::v1::GetFacadeSettingsRequest& request) const;
  absl::StatusOr<internal::v1::UpdateFacadeSettingsResponse>
  UpdateFacadeSettings(
      const internal::v1::UpdateFacadeSettingsRequest& request);

 private:
  // What a run would delete now.
  absl::StatusOr<v1::CleanupRun> Foresee(const std::string& group) const;

  MetadataStore& store_;
  PullCounter& pulls_;
  Operations& operations_;
  const Clock& clock_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_CLEANUP_POLICY_ADMIN_H_
