#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_POLICY_OPTIONS_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_POLICY_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "cvr/v1/upstream.pb.h"
#include "google/protobuf/field_mask.pb.h"

namespace cvr {

// What is said of an upstream's rules, freshness and failures; absent = not
// said. Patterns are wildcards, or RE2 after `re:`.
struct UpstreamPolicyOptions {
  // `PATTERN=DURATION`.
  std::vector<std::string> tag_validities;
  std::optional<std::string> tags_validity;
  std::optional<std::string> referrers_validity;
  std::optional<bool> refresh_ahead;
  // `manifest=1m`, `blob=1m`, `refused=30s`.
  std::vector<std::string> absence_ttls;

  std::vector<std::string> allow_repositories;
  std::vector<std::string> deny_repositories;
  std::vector<std::string> allow_tags;
  std::vector<std::string> deny_tags;
  bool no_rules = false;

  // `cached=serve-stale`, `tag=stop`, `digest=next`.
  std::vector<std::string> on_unavailable;
  std::vector<std::string> on_rate_limited;
  std::vector<std::string> on_denied;
  std::vector<std::string> on_hidden;

  std::optional<int32_t> concurrent_requests;
  std::optional<int32_t> failures_to_open;
  std::optional<std::string> open_for;
  std::optional<int32_t> rate_reserve_percent;
};

// `options` outlives `command`.
void AddUpstreamPolicyOptions(CLI::App& command,
                              UpstreamPolicyOptions& options);

// Sets in `upstream` what is said, and names it in `mask`.
// Errors: INVALID_ARGUMENT.
absl::Status ReadUpstreamPolicyOptions(const UpstreamPolicyOptions& options,
                                       v1::Upstream& upstream,
                                       google::protobuf::FieldMask& mask);

// `wildcard`, or `re:` and the regex.
std::string PatternText(const v1::Pattern& pattern);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_POLICY_OPTIONS_H_
