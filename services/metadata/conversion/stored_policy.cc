#include "services/metadata/conversion/stored_policy.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Action = FailurePolicy::Action;

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

google::protobuf::Duration ZeroIsForEver(
    const google::protobuf::Duration& validity) {
  google::protobuf::Duration ttl = validity;
  if (ttl.seconds() == 0 && ttl.nanos() == 0) {
    ttl.set_seconds(limits::kForEverSeconds);
  }
  return ttl;
}

void FillDefaults(stored::AbsenceTtls& ttls) {
  if (!ttls.has_manifest_not_found()) {
    ttls.mutable_manifest_not_found()->set_seconds(
        limits::kNotFoundSecondsDefault);
  }
  if (!ttls.has_blob_not_found()) {
    ttls.mutable_blob_not_found()->set_seconds(limits::kNotFoundSecondsDefault);
  }
  if (!ttls.has_refused()) {
    ttls.mutable_refused()->set_seconds(limits::kRefusedSecondsDefault);
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
  policy.refused = ActionsOr(message.denied(), defaults.refused);
  policy.hidden = ActionsOr(message.hidden(), defaults.hidden);
  return policy;
}

UpstreamLimits FromStored(const stored::UpstreamLimits& message) {
  UpstreamLimits found;
  if (message.has_concurrent_requests()) {
    found.concurrent_requests =
        std::clamp(message.concurrent_requests(), 1,
                   int32_t{limits::kConcurrentRequestsMax});
  }
  if (message.has_failures_to_open()) {
    found.failures_to_open = std::clamp(message.failures_to_open(), 1,
                                        int32_t{limits::kFailuresToOpenMax});
  }
  if (message.has_open_for()) {
    found.open_ttl = std::clamp(FromWire(message.open_for()),
                                absl::Seconds(limits::kCircuitOpenSecondsMin),
                                absl::Seconds(limits::kCircuitOpenSecondsMax));
  }
  if (message.has_rate_reserve_percent()) {
    found.rate_reserve_percent =
        std::clamp(message.rate_reserve_percent(), 0, 100);
  }
  return found;
}

std::optional<stored::CachePolicy> CachePolicyOf(
    const stored::UpstreamResource& upstream) {
  if (upstream.has_cache_policy()) return upstream.cache_policy();
  stored::CachePolicy policy;
  if (upstream.has_cache_validity()) {
    *policy.mutable_tag_ttl() = ZeroIsForEver(upstream.cache_validity());
  }
  for (const auto& one : upstream.tag_validities()) {
    auto& ttl = *policy.add_tag_ttl_overrides();
    if (one.has_tag()) *ttl.mutable_tag() = one.tag();
    *ttl.mutable_ttl() = ZeroIsForEver(one.cache_validity());
  }
  if (upstream.has_max_stale()) {
    *policy.mutable_stale_ttl() = upstream.max_stale();
  }
  if (upstream.has_tags_validity()) {
    *policy.mutable_tag_list_ttl() = upstream.tags_validity();
  }
  if (upstream.has_referrers_validity()) {
    *policy.mutable_referrers_ttl() = upstream.referrers_validity();
  }
  if (upstream.has_absence_ttls()) {
    *policy.mutable_negative_ttls() = upstream.absence_ttls();
  }
  policy.set_refresh_ahead(upstream.refresh_ahead());
  if (policy.ByteSizeLong() == 0) return std::nullopt;
  return policy;
}

stored::CachePolicy EffectiveCachePolicyOf(
    const stored::UpstreamResource& upstream) {
  stored::CachePolicy policy =
      CachePolicyOf(upstream).value_or(stored::CachePolicy());
  if (!policy.has_tag_ttl()) {
    policy.mutable_tag_ttl()->set_seconds(int64_t{3600} *
                                          limits::kCacheValidityHoursDefault);
  }
  if (!policy.has_stale_ttl()) {
    policy.mutable_stale_ttl()->set_seconds(limits::kForEverSeconds);
  }
  if (!policy.has_tag_list_ttl()) {
    policy.mutable_tag_list_ttl()->set_seconds(
        limits::kTagsValiditySecondsDefault);
  }
  if (!policy.has_referrers_ttl()) {
    policy.mutable_referrers_ttl()->set_seconds(
        limits::kReferrersValiditySecondsDefault);
  }
  FillDefaults(*policy.mutable_negative_ttls());
  return policy;
}

absl::Duration TtlOf(const google::protobuf::Duration& duration) {
  return duration.seconds() >= limits::kForEverSeconds
             ? absl::InfiniteDuration()
             : FromWire(duration);
}

}  // namespace cvr
