#ifndef SERVICES_METADATA_RESOURCES_VALIDATION_H_
#define SERVICES_METADATA_RESOURCES_VALIDATION_H_

#include "absl/status/status.h"
#include "cvr/v1/access_token.pb.h"
#include "cvr/v1/cleanup_policy.pb.h"
#include "cvr/v1/group.pb.h"
#include "cvr/v1/registry.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "services/common/limits.h"

namespace cvr {

// The group that always exists.
using limits::kDefaultGroup;

// Whether a resource obeys the rules that its .proto states, as far as they
// need no other row. What is output only is not looked at.
// Errors: INVALID_ARGUMENT (reason FIELD_INVALID) with every violation, fields
// named as in the resource (`tls.client_key_pem`).
absl::Status Validate(const v1::Group& group);
absl::Status Validate(const v1::Registry& registry);
absl::Status Validate(const v1::Upstream& upstream);
absl::Status Validate(const v1::AccessToken& token);
// Durations must be set: their defaults are the administration's matter.
absl::Status Validate(const v1::CleanupPolicy& policy);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_VALIDATION_H_
