#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_CACHE_OPTIONS_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_CACHE_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "cvr/v1/upstream.pb.h"
#include "google/protobuf/field_mask.pb.h"

namespace cvr {

// What is said of an upstream's cache policy; absent = not said. A duration is
// as ParseTtl() reads it, or `default`.
struct UpstreamCacheOptions {
  std::optional<std::string> tag_ttl;
  // `PATTERN=DURATION`.
  std::vector<std::string> tag_ttl_overrides;
  std::optional<std::string> stale_ttl;
  std::optional<std::string> tag_list_ttl;
  std::optional<std::string> referrers_ttl;
  // `manifest-not-found=1m`, `blob-not-found=1m`, `refused=30s`.
  std::vector<std::string> negative_ttls;
  std::optional<bool> refresh_ahead;
};

// `options` outlives `command`.
void AddUpstreamCacheOptions(CLI::App& command, UpstreamCacheOptions& options);

// Sets in `policy` what is said, and names it in `mask` by its path in an
// upstream. What is said to be the default is named, and not set.
// Errors: INVALID_ARGUMENT.
absl::Status ReadUpstreamCacheOptions(const UpstreamCacheOptions& options,
                                      v1::CachePolicy& policy,
                                      google::protobuf::FieldMask& mask);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_CACHE_OPTIONS_H_
