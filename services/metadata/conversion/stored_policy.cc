#include "services/metadata/conversion/stored_policy.h"

#include <utility>
#include <vector>

#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Action = FailurePolicy::Action;

int OrDefault(int value, int fallback) { return value == 0 ? fallback : value; }

Action ActionOr(stored::FailurePolicy::Action action, Action fallback) {
  switch (action) {
    case stored::FailurePolicy::ACTION_SERVE_STALE:
      return Action::kServeStale;
    case stored::FailurePolicy::ACTION_STOP:
      return Action::kStop;
    case stored::FailurePolicy::ACTION_NEXT:
      return Action::kNext;
    default:
      return fallback;
  }
}

FailurePolicy::Actions ActionsOr(const stored::FailurePolicy::Actions& message,
                                 const FailurePolicy::Actions& fallback) {
  return {ActionOr(message.cached(), fallback.cached),
          ActionOr(message.tag(), fallback.tag),
          ActionOr(message.digest(), fallback.digest)};
}

absl::StatusOr<Rule::Action> ActionOf(const stored::Rule& message) {
  switch (message.action()) {
    case stored::Rule::ACTION_ALLOW:
      return Rule::Action::kAllow;
    case stored::Rule::ACTION_DENY:
      return Rule::Action::kDeny;
    default:
      return errors::FieldInvalid("action", "must be ALLOW or DENY");
  }
}

absl::StatusOr<Rule::Target> TargetOf(const stored::Rule& message) {
  switch (message.target()) {
    case stored::Rule::TARGET_REPOSITORY:
      return Rule::Target::kRepository;
    case stored::Rule::TARGET_TAG:
      return Rule::Target::kTag;
    default:
      return errors::FieldInvalid("target", "must be REPOSITORY or TAG");
  }
}

}  // namespace

absl::StatusOr<Pattern> FromStored(const stored::Pattern& message) {
  switch (message.kind_case()) {
    case stored::Pattern::kWildcard:
      return Pattern::Wildcard(message.wildcard());
    case stored::Pattern::kRegex:
      return Pattern::Regex(message.regex());
    default:
      return absl::InvalidArgumentError("pattern is required");
  }
}

absl::StatusOr<RuleSet> FromStored(
    const google::protobuf::RepeatedPtrField<stored::Rule>& messages) {
  std::vector<Rule> rules;
  for (const stored::Rule& message : messages) {
    ASSIGN_OR_RETURN(const auto action, ActionOf(message));
    ASSIGN_OR_RETURN(const auto target, TargetOf(message));
    ASSIGN_OR_RETURN(auto pattern, FromStored(message.pattern()));
    rules.push_back(Rule{action, target, std::move(pattern)});
  }
  return RuleSet(std::move(rules));
}

FailurePolicy FromStored(const stored::FailurePolicy& message) {
  const FailurePolicy defaults;
  FailurePolicy policy;
  policy.unavailable = ActionsOr(message.unavailable(), defaults.unavailable);
  policy.rate_limited =
      ActionsOr(message.rate_limited(), defaults.rate_limited);
  policy.denied = ActionsOr(message.denied(), defaults.denied);
  policy.hidden = ActionsOr(message.hidden(), defaults.hidden);
  return policy;
}

UpstreamLimits FromStored(const stored::UpstreamLimits& message) {
  UpstreamLimits found;
  found.concurrent_requests = OrDefault(message.concurrent_requests(),
                                        limits::kConcurrentRequestsDefault);
  found.failures_to_open =
      OrDefault(message.failures_to_open(), limits::kFailuresToOpenDefault);
  if (message.has_open_for()) found.open_for = FromWire(message.open_for());
  found.rate_reserve_percent = OrDefault(message.rate_reserve_percent(),
                                         limits::kRateReservePercentDefault);
  return found;
}

}  // namespace cvr
