#include "tools/cvr/upstreams/upstream_policy_options.h"

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/upstreams/pattern_text.h"

namespace cvr {
namespace {

using Words = std::vector<std::string>;
using google::protobuf::FieldMask;

void AddWords(CLI::App& command, const char* group, const char* name,
              Words& words, const char* type, const char* description) {
  command.add_option(name, words, description)
      ->allow_extra_args(false)
      ->type_name(type)
      ->group(group);
}

void AddRuleOptions(CLI::App& command, UpstreamPolicyOptions& options) {
  constexpr char kGroup[] = "Rules (they replace all existing rules)";
  const struct {
    const char* name;
    Words& words;
    const char* description;
  } lists[] = {
      {"--allow-repository", options.allow_repositories,
       "Allow only repositories that match one of these patterns. May be "
       "repeated"},
      {"--deny-repository", options.deny_repositories,
       "Deny repositories that match. May be repeated"},
      {"--allow-tag", options.allow_tags,
       "Allow only tags that match one of these patterns. May be repeated"},
      {"--deny-tag", options.deny_tags,
       "Deny tags that match. May be repeated"},
  };
  for (const auto& [name, words, description] : lists) {
    AddWords(command, kGroup, name, words, "PATTERN", description);
  }
  command
      .add_flag("--no-rules", options.no_rules,
                "Remove all rules: every repository and tag is allowed")
      ->group(kGroup);
}

void AddLimitOptions(CLI::App& command, const char* group,
                     UpstreamPolicyOptions& options) {
  const struct {
    const char* name;
    std::optional<std::string>& value;
    const char* type;
    const char* description;
  } limits[] = {
      {"--concurrent-requests", options.concurrent_requests, "N",
       "Maximum number of concurrent requests: 1-1000, or default (64)"},
      {"--failures-to-open", options.failures_to_open, "N",
       "Consecutive failures that open the circuit breaker: 1-1000, or default "
       "(5)"},
      {"--open-ttl", options.open_ttl, "DURATION",
       "How long the circuit breaker stays open before the upstream is tried "
       "again: 1s to 1h, or default (30s)"},
      {"--rate-reserve-percent", options.rate_reserve_percent, "PERCENT",
       "If less than this percentage of the upstream's rate limit remains, "
       "cached tags are served stale instead of being revalidated: 0-100, or "
       "default (10); 0 = until nothing remains"},
  };
  for (const auto& [name, value, type, description] : limits) {
    command.add_option(name, value, description)->type_name(type)->group(group);
  }
}

void AddFailureOptions(CLI::App& command, UpstreamPolicyOptions& options) {
  constexpr char kGroup[] = "Failures";
  const struct {
    const char* name;
    Words& words;
    const char* description;
  } classes[] = {
      {"--on-unavailable", options.on_unavailable,
       "Action if the upstream is unavailable. CASE is cached (a cached copy "
       "exists), tag or digest (no cached copy). ACTION is serve-stale, stop, "
       "next or default. May be repeated"},
      {"--on-rate-limited", options.on_rate_limited,
       "Action if the upstream answers 429 (same format as --on-unavailable)"},
      {"--on-refused", options.on_refused,
       "Action if the upstream refuses its configured credentials "
       "(same format as --on-unavailable)"},
      {"--on-hidden", options.on_hidden,
       "Action if the upstream answers 401 or 403 although it granted a token, "
       "so that the content is hidden from its credentials (same format as "
       "--on-unavailable; default: next, and the cached copy is removed; stop "
       "= the pull gets 403)"},
  };
  for (const auto& [name, words, description] : classes) {
    AddWords(command, kGroup, name, words, "CASE=ACTION", description);
  }
  AddLimitOptions(command, kGroup, options);
}

void ReadRules(const UpstreamPolicyOptions& options, v1::Upstream& upstream,
               FieldMask& mask) {
  const struct {
    const Words& patterns;
    v1::Rule::RuleAction action;
    v1::Rule::RuleTarget target;
  } lists[] = {
      {options.allow_repositories, v1::Rule::RULE_ACTION_ALLOW,
       v1::Rule::RULE_TARGET_REPOSITORY},
      {options.deny_repositories, v1::Rule::RULE_ACTION_DENY,
       v1::Rule::RULE_TARGET_REPOSITORY},
      {options.allow_tags, v1::Rule::RULE_ACTION_ALLOW,
       v1::Rule::RULE_TARGET_TAG},
      {options.deny_tags, v1::Rule::RULE_ACTION_DENY,
       v1::Rule::RULE_TARGET_TAG},
  };
  for (const auto& [patterns, action, target] : lists) {
    for (const std::string& pattern : patterns) {
      auto& rule = *upstream.add_rules();
      rule.set_action(action);
      rule.set_target(target);
      *rule.mutable_pattern() = ToPattern(pattern);
    }
  }
  if (options.no_rules || upstream.rules_size() > 0) mask.add_paths("rules");
}

absl::StatusOr<v1::FailurePolicy::FailureAction> ParseAction(
    const std::string& action) {
  if (action == "serve-stale")
    return v1::FailurePolicy::FAILURE_ACTION_SERVE_STALE;
  if (action == "stop") return v1::FailurePolicy::FAILURE_ACTION_STOP;
  if (action == "next") return v1::FailurePolicy::FAILURE_ACTION_NEXT;
  if (action == "default") return v1::FailurePolicy::FAILURE_ACTION_UNSPECIFIED;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", action,
      "' is not a valid action (serve-stale, stop, next, default)"));
}

// `mutable_actions` is the accessor of `field` in a policy.
absl::Status ReadActions(
    const Words& words, const std::string& field,
    v1::FailurePolicy::Actions* (v1::FailurePolicy::*mutable_actions)(),
    v1::Upstream& upstream, FieldMask& mask) {
  for (const std::string& word : words) {
    ASSIGN_OR_RETURN(const auto parts, SplitAtLast(word, "CASE=ACTION"));
    ASSIGN_OR_RETURN(const auto action, ParseAction(parts.second));
    auto& actions = *(upstream.mutable_failure_policy()->*mutable_actions)();
    if (parts.first == "cached") {
      actions.set_cached(action);
    } else if (parts.first == "tag") {
      actions.set_tag(action);
    } else if (parts.first == "digest") {
      actions.set_digest(action);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", parts.first, "' is not a valid case (cached, tag, digest)"));
    }
    mask.add_paths(absl::StrCat("failure_policy.", field, ".", parts.first));
  }
  return absl::OkStatus();
}

absl::Status ReadFailures(const UpstreamPolicyOptions& options,
                          v1::Upstream& upstream, FieldMask& mask) {
  using Policy = v1::FailurePolicy;
  const struct {
    const Words& words;
    const char* field;
    Policy::Actions* (Policy::*mutable_actions)();
  } classes[] = {
      {options.on_unavailable, "unavailable", &Policy::mutable_unavailable},
      {options.on_rate_limited, "rate_limited", &Policy::mutable_rate_limited},
      {options.on_refused, "refused", &Policy::mutable_refused},
      {options.on_hidden, "hidden", &Policy::mutable_hidden},
  };
  for (const auto& [words, field, mutable_actions] : classes) {
    RETURN_IF_ERROR(ReadActions(words, field, mutable_actions, upstream, mask));
  }
  return absl::OkStatus();
}

absl::Status ReadLimits(const UpstreamPolicyOptions& options,
                        v1::Upstream& upstream, FieldMask& mask) {
  const struct {
    const std::optional<std::string>& text;
    const char* field;
    void (v1::UpstreamLimits::*set)(int32_t);
  } numbers[] = {
      {options.concurrent_requests, "concurrent_requests",
       &v1::UpstreamLimits::set_concurrent_requests},
      {options.failures_to_open, "failures_to_open",
       &v1::UpstreamLimits::set_failures_to_open},
      {options.rate_reserve_percent, "rate_reserve_percent",
       &v1::UpstreamLimits::set_rate_reserve_percent},
  };
  for (const auto& [text, field, set] : numbers) {
    if (!text) continue;
    mask.add_paths(absl::StrCat("limits.", field));
    if (*text == "default") continue;
    int32_t number = 0;
    if (!absl::SimpleAtoi(*text, &number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", absl::StrReplaceAll(field, {{"_", "-"}}), ": '",
                       *text, "' is not a number or the word default"));
    }
    (upstream.mutable_limits()->*set)(number);
  }
  if (!options.open_ttl) return absl::OkStatus();
  mask.add_paths("limits.open_ttl");
  if (*options.open_ttl != "default") {
    ASSIGN_OR_RETURN(*upstream.mutable_limits()->mutable_open_ttl(),
                     ParseDuration(*options.open_ttl));
  }
  return absl::OkStatus();
}

}  // namespace

void AddUpstreamPolicyOptions(CLI::App& command,
                              UpstreamPolicyOptions& options) {
  AddRuleOptions(command, options);
  AddFailureOptions(command, options);
}

absl::Status ReadUpstreamPolicyOptions(const UpstreamPolicyOptions& options,
                                       v1::Upstream& upstream,
                                       FieldMask& mask) {
  ReadRules(options, upstream, mask);
  RETURN_IF_ERROR(ReadFailures(options, upstream, mask));
  return ReadLimits(options, upstream, mask);
}

}  // namespace cvr
