#ifndef SERVICES_METADATA_RESOURCES_POLICY_WIRE_H_
#define SERVICES_METADATA_RESOURCES_POLICY_WIRE_H_

#include "absl/status/statusor.h"
#include "cvr/v1/upstream.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/policy/failure_policy.h"
#include "services/policy/pattern.h"
#include "services/policy/pull_rules.h"

namespace cvr {

// Between the rules and policies of an upstream and their messages. FromWire
// returns INVALID_ARGUMENT for an invalid value, and the error names the field
// within the message.
absl::StatusOr<Pattern> FromWire(const v1::Pattern& message);

v1::Rule ToWire(const Rule& rule);
absl::StatusOr<Rule> FromWire(const v1::Rule& message);
absl::StatusOr<RuleSet> FromWire(
    const google::protobuf::RepeatedPtrField<v1::Rule>& messages);

// Complete: every action is set.
v1::FailurePolicy ToWire(const FailurePolicy& policy);
// What is unspecified is the default. Never fails: validation is Validate()'s.
FailurePolicy FromWire(const v1::FailurePolicy& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_POLICY_WIRE_H_
