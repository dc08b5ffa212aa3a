#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_POLICY_OPTIONS_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_POLICY_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "cvr/v1/upstream.pb.h"
#include "google/protobuf/field_mask.pb.h"

namespace cvr {

// What is said of an upstream's rules, failures and limits; absent = not said.
// Patterns are as in pattern_text.h.
struct UpstreamPolicyOptions {
  std::vector<std::string> allow_repositories;
  std::vector<std::string> deny_repositories;
  std::vector<std::string> allow_tags;
  std::vector<std::string> deny_tags;
  bool no_rules = false;

  // `cached=serve-stale`, `tag=stop`, `digest=next`.
  std::vector<std::string> on_unavailable;
  std::vector<std::string> on_rate_limited;
  std::vector<std::string> on_refused;
  std::vector<std::string> on_hidden;

  // Numbers, or `default`; a duration, or `default`.
  std::optional<std::string> concurrent_requests;
  std::optional<std::string> failures_to_open;
  std::optional<std::string> open_ttl;
  std::optional<std::string> rate_reserve_percent;
};

// `options` outlives `command`.
void AddUpstreamPolicyOptions(CLI::App& command,
                              UpstreamPolicyOptions& options);

// Sets in `upstream` what is said, and names it in `mask`. What is said to be
// the default is named, and not set.
// Errors: INVALID_ARGUMENT.
absl::Status ReadUpstreamPolicyOptions(const UpstreamPolicyOptions& options,
                                       v1::Upstream& upstream,
                                       google::protobuf::FieldMask& mask);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_POLICY_OPTIONS_H_
