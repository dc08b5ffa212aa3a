#include "services/metadata/resources/policy_wire.h"

#include <utility>
#include <vector>

#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Action = FailurePolicy::Action;

v1::FailurePolicy::FailureAction ActionToWire(Action action) {
  switch (action) {
    case Action::kServeStale:
      return v1::FailurePolicy::FAILURE_ACTION_SERVE_STALE;
    case Action::kStop:
      return v1::FailurePolicy::FAILURE_ACTION_STOP;
    case Action::kNext:
      return v1::FailurePolicy::FAILURE_ACTION_NEXT;
  }
  return v1::FailurePolicy::FAILURE_ACTION_UNSPECIFIED;
}

Action ActionOr(v1::FailurePolicy::FailureAction action, Action fallback) {
  switch (action) {
    case v1::FailurePolicy::FAILURE_ACTION_SERVE_STALE:
      return Action::kServeStale;
    case v1::FailurePolicy::FAILURE_ACTION_STOP:
      return Action::kStop;
    case v1::FailurePolicy::FAILURE_ACTION_NEXT:
      return Action::kNext;
    default:
      return fallback;
  }
}

void ActionsToWire(const FailurePolicy::Actions& actions,
                   v1::FailurePolicy::Actions& message) {
  message.set_cached(ActionToWire(actions.cached));
  message.set_tag(ActionToWire(actions.tag));
  message.set_digest(ActionToWire(actions.digest));
}

FailurePolicy::Actions ActionsFromWire(
    const v1::FailurePolicy::Actions& message,
    const FailurePolicy::Actions& fallback) {
  return {ActionOr(message.cached(), fallback.cached),
          ActionOr(message.tag(), fallback.tag),
          ActionOr(message.digest(), fallback.digest)};
}

}  // namespace

absl::StatusOr<Pattern> FromWire(const v1::Pattern& message) {
  switch (message.kind_case()) {
    case v1::Pattern::kWildcard:
      return Pattern::Wildcard(message.wildcard());
    case v1::Pattern::kRegex:
      return Pattern::Regex(message.regex());
    default:
      return absl::InvalidArgumentError("pattern is required");
  }
}

v1::Rule ToWire(const Rule& rule) {
  v1::Rule message;
  message.set_action(rule.action == Rule::Action::kAllow
                         ? v1::Rule::RULE_ACTION_ALLOW
                         : v1::Rule::RULE_ACTION_DENY);
  message.set_target(rule.target == Rule::Target::kTag
                         ? v1::Rule::RULE_TARGET_TAG
                         : v1::Rule::RULE_TARGET_REPOSITORY);
  if (rule.pattern.is_regex()) {
    message.mutable_pattern()->set_regex(rule.pattern.text());
  } else {
    message.mutable_pattern()->set_wildcard(rule.pattern.text());
  }
  return message;
}

absl::StatusOr<Rule> FromWire(const v1::Rule& message) {
  if (message.action() != v1::Rule::RULE_ACTION_ALLOW &&
      message.action() != v1::Rule::RULE_ACTION_DENY) {
    return errors::FieldInvalid(
        "action", "must be RULE_ACTION_ALLOW or RULE_ACTION_DENY");
  }
  if (message.target() != v1::Rule::RULE_TARGET_REPOSITORY &&
      message.target() != v1::Rule::RULE_TARGET_TAG) {
    return errors::FieldInvalid(
        "target", "must be RULE_TARGET_REPOSITORY or RULE_TARGET_TAG");
  }
  auto pattern = FromWire(message.pattern());
  if (!pattern.ok()) {
    return errors::FieldInvalid("pattern", pattern.status().message());
  }
  return Rule{
      message.action() == v1::Rule::RULE_ACTION_ALLOW ? Rule::Action::kAllow
                                                      : Rule::Action::kDeny,
      message.target() == v1::Rule::RULE_TARGET_TAG ? Rule::Target::kTag
                                                    : Rule::Target::kRepository,
      *std::move(pattern)};
}

absl::StatusOr<RuleSet> FromWire(
    const google::protobuf::RepeatedPtrField<v1::Rule>& messages) {
  std::vector<Rule> rules;
  for (const v1::Rule& message : messages) {
    ASSIGN_OR_RETURN(auto rule, FromWire(message));
    rules.push_back(std::move(rule));
  }
  return RuleSet(std::move(rules));
}

v1::FailurePolicy ToWire(const FailurePolicy& policy) {
  v1::FailurePolicy message;
  ActionsToWire(policy.unavailable, *message.mutable_unavailable());
  ActionsToWire(policy.rate_limited, *message.mutable_rate_limited());
  ActionsToWire(policy.refused, *message.mutable_refused());
  ActionsToWire(policy.hidden, *message.mutable_hidden());
  return message;
}

FailurePolicy FromWire(const v1::FailurePolicy& message) {
  const FailurePolicy defaults;
  FailurePolicy policy;
  policy.unavailable =
      ActionsFromWire(message.unavailable(), defaults.unavailable);
  policy.rate_limited =
      ActionsFromWire(message.rate_limited(), defaults.rate_limited);
  policy.refused = ActionsFromWire(message.refused(), defaults.refused);
  policy.hidden = ActionsFromWire(message.hidden(), defaults.hidden);
  return policy;
}

}  // namespace cvr
