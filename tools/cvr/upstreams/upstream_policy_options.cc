#include "tools/cvr/upstreams/upstream_policy_options.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/client/validity_text.h"

namespace cvr {
namespace {

using Words = std::vector<std::string>;
using google::protobuf::Duration;
using google::protobuf::FieldMask;

constexpr char kRegexPrefix[] = "re:";

void AddWords(CLI::App& command, const char* group, const char* name,
              Words& words, const char* type, const char* description) {
  command.add_option(name, words, description)
      ->allow_extra_args(false)
      ->type_name(type)
      ->group(group);
}

template <typename T>
void AddOne(CLI::App& command, const char* group, const char* name, T& value,
            const char* type, const char* description) {
  command.add_option(name, value, description)->type_name(type)->group(group);
}

void AddFreshnessOptions(CLI::App& command, UpstreamPolicyOptions& options) {
  constexpr char kGroup[] = "Freshness";
  AddWords(command, kGroup, "--tag-validity", options.tag_validities,
           "PATTERN=DURATION",
           "Overrides --cache-validity for tags that match PATTERN: "
           "'v*.*.*=0', 'latest=always', 're:v[0-9]+=1h'. The first match "
           "wins. May be repeated; \"\" = none");
  AddOne(command, kGroup, "--tags-validity", options.tags_validity, "DURATION",
         "How long a cached tag list is fresh (default: 1m)");
  AddOne(command, kGroup, "--referrers-validity", options.referrers_validity,
         "DURATION", "How long a cached referrers list is fresh (default: 5m)");
  AddSwitch(command, "--refresh-ahead,!--no-refresh-ahead",
            options.refresh_ahead,
            "Revalidate tags in the background if they are pulled shortly "
            "before they expire")
      ->group(kGroup);
  AddWords(command, kGroup, "--absence-ttl", options.absence_ttls,
           "KIND=DURATION",
           "Negative cache TTL. KIND is manifest or blob (404; default 1m; at "
           "most 5s for a manifest by digest) or refused (401 and 403; default "
           "30s). May be repeated");
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
      {"--on-denied", options.on_denied,
       "Action if the upstream denies access to its configured credentials "
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
  AddOne(command, kGroup, "--concurrent-requests", options.concurrent_requests,
         "N", "Maximum number of concurrent requests; 0 = default (64)");
  AddOne(command, kGroup, "--failures-to-open", options.failures_to_open, "N",
         "Consecutive failures that open the circuit breaker; 0 = default (5)");
  AddOne(command, kGroup, "--open-for", options.open_for, "DURATION",
         "How long the circuit breaker stays open before the upstream is tried "
         "again (default: 30s)");
  AddOne(command, kGroup, "--rate-reserve", options.rate_reserve_percent,
         "PERCENT",
         "If less than this percentage of the upstream's rate limit remains, "
         "cached tags are served stale instead of being revalidated; 0 = "
         "default (10)");
}

absl::StatusOr<std::pair<std::string, std::string>> SplitAtLast(
    const std::string& word, const char* form) {
  const size_t at = word.rfind('=');
  if (at == std::string::npos || at == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", word, "' does not have the form ", form));
  }
  return std::pair(word.substr(0, at), word.substr(at + 1));
}

v1::Pattern ToPattern(absl::string_view text) {
  v1::Pattern pattern;
  if (absl::ConsumePrefix(&text, kRegexPrefix)) {
    pattern.set_regex(std::string(text));
  } else {
    pattern.set_wildcard(std::string(text));
  }
  return pattern;
}

absl::Status ReadTagValidities(const UpstreamPolicyOptions& options,
                               v1::Upstream& upstream, FieldMask& mask) {
  if (options.tag_validities.empty()) return absl::OkStatus();
  for (const std::string& word : options.tag_validities) {
    if (word.empty()) continue;
    ASSIGN_OR_RETURN(const auto parts, SplitAtLast(word, "PATTERN=DURATION"));
    auto& validity = *upstream.add_tag_validities();
    *validity.mutable_tag() = ToPattern(parts.first);
    ASSIGN_OR_RETURN(*validity.mutable_cache_validity(),
                     ParseValidity(parts.second));
  }
  mask.add_paths("tag_validities");
  return absl::OkStatus();
}

absl::Status ReadAbsenceTtls(const UpstreamPolicyOptions& options,
                             v1::Upstream& upstream, FieldMask& mask) {
  auto& ttls = *upstream.mutable_absence_ttls();
  const struct {
    const char* kind;
    const char* field;
    Duration* (v1::AbsenceTtls::*mutable_field)();
  } kinds[] = {
      {"manifest", "manifest_not_found",
       &v1::AbsenceTtls::mutable_manifest_not_found},
      {"blob", "blob_not_found", &v1::AbsenceTtls::mutable_blob_not_found},
      {"refused", "refused", &v1::AbsenceTtls::mutable_refused},
  };
  for (const std::string& word : options.absence_ttls) {
    ASSIGN_OR_RETURN(const auto parts, SplitAtLast(word, "KIND=DURATION"));
    bool known = false;
    for (const auto& [kind, field, mutable_field] : kinds) {
      if (parts.first != kind) continue;
      ASSIGN_OR_RETURN(*(ttls.*mutable_field)(), ParseDuration(parts.second));
      mask.add_paths(absl::StrCat("absence_ttls.", field));
      known = true;
    }
    if (!known) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", parts.first, "' is not a valid kind (manifest, blob, refused)"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadFreshness(const UpstreamPolicyOptions& options,
                           v1::Upstream& upstream, FieldMask& mask) {
  RETURN_IF_ERROR(ReadTagValidities(options, upstream, mask));
  RETURN_IF_ERROR(ReadAbsenceTtls(options, upstream, mask));
  if (options.tags_validity) {
    ASSIGN_OR_RETURN(*upstream.mutable_tags_validity(),
                     ParseDuration(*options.tags_validity));
    mask.add_paths("tags_validity");
  }
  if (options.referrers_validity) {
    ASSIGN_OR_RETURN(*upstream.mutable_referrers_validity(),
                     ParseDuration(*options.referrers_validity));
    mask.add_paths("referrers_validity");
  }
  if (options.refresh_ahead) {
    upstream.set_refresh_ahead(*options.refresh_ahead);
    mask.add_paths("refresh_ahead");
  }
  return absl::OkStatus();
}

void ReadRules(const UpstreamPolicyOptions& options, v1::Upstream& upstream,
               FieldMask& mask) {
  const struct {
    const Words& patterns;
    v1::Rule::Action action;
    v1::Rule::Target target;
  } lists[] = {
      {options.allow_repositories, v1::Rule::ALLOW, v1::Rule::REPOSITORY},
      {options.deny_repositories, v1::Rule::DENY, v1::Rule::REPOSITORY},
      {options.allow_tags, v1::Rule::ALLOW, v1::Rule::TAG},
      {options.deny_tags, v1::Rule::DENY, v1::Rule::TAG},
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

absl::StatusOr<v1::FailurePolicy::Action> ParseAction(
    const std::string& action) {
  if (action == "serve-stale") return v1::FailurePolicy::SERVE_STALE;
  if (action == "stop") return v1::FailurePolicy::STOP;
  if (action == "next") return v1::FailurePolicy::NEXT;
  if (action == "default") return v1::FailurePolicy::ACTION_UNSPECIFIED;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", action,
      "' is not a valid action (serve-stale, stop, next, default)"));
}

absl::Status ReadActions(const Words& words, const std::string& field,
                         v1::FailurePolicy::Actions& actions, FieldMask& mask) {
  for (const std::string& word : words) {
    ASSIGN_OR_RETURN(const auto parts, SplitAtLast(word, "CASE=ACTION"));
    ASSIGN_OR_RETURN(const auto action, ParseAction(parts.second));
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
  auto& policy = *upstream.mutable_failure_policy();
  RETURN_IF_ERROR(ReadActions(options.on_unavailable, "unavailable",
                              *policy.mutable_unavailable(), mask));
  RETURN_IF_ERROR(ReadActions(options.on_rate_limited, "rate_limited",
                              *policy.mutable_rate_limited(), mask));
  RETURN_IF_ERROR(
      ReadActions(options.on_denied, "denied", *policy.mutable_denied(), mask));
  return ReadActions(options.on_hidden, "hidden", *policy.mutable_hidden(),
                     mask);
}

absl::Status ReadLimits(const UpstreamPolicyOptions& options,
                        v1::Upstream& upstream, FieldMask& mask) {
  auto& limits = *upstream.mutable_limits();
  const struct {
    const std::optional<int32_t>& value;
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
  for (const auto& [value, field, set] : numbers) {
    if (!value) continue;
    (limits.*set)(*value);
    mask.add_paths(absl::StrCat("limits.", field));
  }
  if (options.open_for) {
    ASSIGN_OR_RETURN(*limits.mutable_open_for(),
                     ParseDuration(*options.open_for));
    mask.add_paths("limits.open_for");
  }
  return absl::OkStatus();
}

}  // namespace

void AddUpstreamPolicyOptions(CLI::App& command,
                              UpstreamPolicyOptions& options) {
  AddFreshnessOptions(command, options);
  AddRuleOptions(command, options);
  AddFailureOptions(command, options);
}

absl::Status ReadUpstreamPolicyOptions(const UpstreamPolicyOptions& options,
                                       v1::Upstream& upstream,
                                       FieldMask& mask) {
  RETURN_IF_ERROR(ReadFreshness(options, upstream, mask));
  ReadRules(options, upstream, mask);
  RETURN_IF_ERROR(ReadFailures(options, upstream, mask));
  return ReadLimits(options, upstream, mask);
}

std::string PatternText(const v1::Pattern& pattern) {
  return pattern.has_regex() ? absl::StrCat(kRegexPrefix, pattern.regex())
                             : pattern.wildcard();
}

}  // namespace cvr
