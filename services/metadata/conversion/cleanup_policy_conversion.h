#ifndef SERVICES_METADATA_CONVERSION_CLEANUP_POLICY_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_CLEANUP_POLICY_CONVERSION_H_

#include "cvr/v1/cleanup_policy.pb.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"

namespace cvr {

// Between cleanup policies, their runs and their rows. Pure.

v1::CleanupRun ToApi(const stored::CleanupRun& from);

// With its last run.
v1::CleanupPolicy ToApi(const stored::CleanupPolicy& from);

// Takes over what a caller may set, and what follows from it: not the runs.
void CopyToStored(const v1::CleanupPolicy& from,
                  stored::CleanupPolicyResource& to);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_CLEANUP_POLICY_CONVERSION_H_
