#ifndef SERVICES_METADATA_CONVERSION_STORED_POLICY_H_
#define SERVICES_METADATA_CONVERSION_STORED_POLICY_H_

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/metadata/store/stored_upstream.pb.h"
#include "services/policy/failure_policy.h"
#include "services/policy/pattern.h"
#include "services/policy/pull_rules.h"
#include "services/policy/upstream_access.h"

namespace cvr {

// The rules, policies and limits of an upstream as its row has them. Errors:
// INVALID_ARGUMENT for what makes no sense, which no row says that was written
// after Validate(). Pure.
absl::StatusOr<Pattern> FromStored(const stored::Pattern& message);
absl::StatusOr<RuleSet> FromStored(
    const google::protobuf::RepeatedPtrField<stored::Rule>& messages);
// What is unspecified is the default.
FailurePolicy FromStored(const stored::FailurePolicy& message);
UpstreamLimits FromStored(const stored::UpstreamLimits& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_STORED_POLICY_H_
