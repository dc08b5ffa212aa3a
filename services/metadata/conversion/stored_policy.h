#ifndef SERVICES_METADATA_CONVERSION_STORED_POLICY_H_
#define SERVICES_METADATA_CONVERSION_STORED_POLICY_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
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
// The same. What is out of the bounds of cvr.v1.UpstreamLimits, as in rows of
// earlier revisions, counts as the nearest that is within.
UpstreamLimits FromStored(const stored::UpstreamLimits& message);

// The cache policy of a row of any revision, by the one rule of
// stored::CachePolicy: what rows of earlier revisions say in fields of their
// own, where 0 partly meant for ever, is translated here and nowhere else.
// Absent where such a row says nothing.
std::optional<stored::CachePolicy> CachePolicyOf(
    const stored::UpstreamResource& upstream);
// The same with every default filled in: what pulls go by, and what is answered
// as effective.
stored::CachePolicy EffectiveCachePolicyOf(
    const stored::UpstreamResource& upstream);

// A duration of a CachePolicy; infinite for the one that stands for for ever.
absl::Duration TtlOf(const google::protobuf::Duration& duration);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_STORED_POLICY_H_
