#include "tools/cvr/upstreams/upstream_cache_options.h"

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/ttl_text.h"
#include "tools/cvr/upstreams/pattern_text.h"

namespace cvr {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldMask;

constexpr char kGroup[] =
    "Caching (durations such as 24h; 0 = not at all, forever, default)";

absl::Status ReadTtls(const UpstreamCacheOptions& options,
                      v1::CachePolicy& policy, FieldMask& mask) {
  const struct {
    const std::optional<std::string>& text;
    const char* field;
    Duration* (v1::CachePolicy::*mutable_field)();
  } ttls[] = {
      {options.tag_ttl, "tag_ttl", &v1::CachePolicy::mutable_tag_ttl},
      {options.stale_ttl, "stale_ttl", &v1::CachePolicy::mutable_stale_ttl},
      {options.tag_list_ttl, "tag_list_ttl",
       &v1::CachePolicy::mutable_tag_list_ttl},
      {options.referrers_ttl, "referrers_ttl",
       &v1::CachePolicy::mutable_referrers_ttl},
  };
  for (const auto& [text, field, mutable_field] : ttls) {
    if (!text) continue;
    if (*text != "default") {
      ASSIGN_OR_RETURN(*(policy.*mutable_field)(), ParseTtl(*text));
    }
    mask.add_paths(absl::StrCat("cache_policy.", field));
  }
  return absl::OkStatus();
}

absl::Status ReadOverrides(const UpstreamCacheOptions& options,
                           v1::CachePolicy& policy, FieldMask& mask) {
  for (const std::string& word : options.tag_ttl_overrides) {
    if (word.empty()) continue;  // None.
    ASSIGN_OR_RETURN(const auto parts, SplitAtLast(word, "PATTERN=DURATION"));
    auto& one = *policy.add_tag_ttl_overrides();
    *one.mutable_tag() = ToPattern(parts.first);
    ASSIGN_OR_RETURN(*one.mutable_ttl(), ParseTtl(parts.second));
  }
  if (!options.tag_ttl_overrides.empty()) {
    mask.add_paths("cache_policy.tag_ttl_overrides");
  }
  return absl::OkStatus();
}

absl::Status ReadNegativeTtls(const UpstreamCacheOptions& options,
                              v1::CachePolicy& policy, FieldMask& mask) {
  const struct {
    const char* kind;
    const char* field;
    Duration* (v1::NegativeCacheTtls::*mutable_field)();
  } kinds[] = {
      {"manifest-not-found", "manifest_not_found",
       &v1::NegativeCacheTtls::mutable_manifest_not_found},
      {"blob-not-found", "blob_not_found",
       &v1::NegativeCacheTtls::mutable_blob_not_found},
      {"refused", "refused", &v1::NegativeCacheTtls::mutable_refused},
  };
  for (const std::string& word : options.negative_ttls) {
    ASSIGN_OR_RETURN(const auto parts, SplitAtLast(word, "KIND=DURATION"));
    bool known = false;
    for (const auto& [kind, field, mutable_field] : kinds) {
      if (parts.first != kind) continue;
      if (parts.second != "default") {
        auto& ttls = *policy.mutable_negative_ttls();
        ASSIGN_OR_RETURN(*(ttls.*mutable_field)(), ParseTtl(parts.second));
      }
      mask.add_paths(absl::StrCat("cache_policy.negative_ttls.", field));
      known = true;
    }
    if (!known) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", parts.first,
          "' is not a valid kind (manifest-not-found, blob-not-found, "
          "refused)"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void AddUpstreamCacheOptions(CLI::App& command, UpstreamCacheOptions& options) {
  const struct {
    const char* name;
    std::optional<std::string>& value;
    const char* description;
  } ttls[] = {
      {"--tag-ttl", options.tag_ttl,
       "How long a tag is served without asking the upstream (default: 24h)"},
      {"--stale-ttl", options.stale_ttl,
       "How long after that a tag may still be served while the upstream is "
       "unavailable (default: forever)"},
      {"--tag-list-ttl", options.tag_list_ttl,
       "How long a list of tags is served without asking (default: 1m)"},
      {"--referrers-ttl", options.referrers_ttl,
       "How long a list of referrers is served without asking (default: 5m)"},
  };
  for (const auto& [name, value, description] : ttls) {
    command.add_option(name, value, description)
        ->type_name("DURATION")
        ->group(kGroup);
  }
  command
      .add_option("--tag-ttl-override", options.tag_ttl_overrides,
                  "In place of --tag-ttl for tags that match PATTERN: "
                  "'v*.*.*=forever', 'latest=0', 're:v[0-9]+=1h'. The first "
                  "match counts. May be repeated; \"\" = none")
      ->allow_extra_args(false)
      ->type_name("PATTERN=DURATION")
      ->group(kGroup);
  command
      .add_option("--negative-ttl", options.negative_ttls,
                  "How long the upstream is not asked again. KIND is "
                  "manifest-not-found or blob-not-found (404; default 1m; at "
                  "most 5s for a manifest by digest) or refused (401 and 403; "
                  "default 30s). May be repeated")
      ->allow_extra_args(false)
      ->type_name("KIND=DURATION")
      ->group(kGroup);
  AddSwitch(command, "--refresh-ahead,!--no-refresh-ahead",
            options.refresh_ahead,
            "Ask for tags in the background if they are pulled shortly before "
            "they expire")
      ->group(kGroup);
}

absl::Status ReadUpstreamCacheOptions(const UpstreamCacheOptions& options,
                                      v1::CachePolicy& policy,
                                      FieldMask& mask) {
  RETURN_IF_ERROR(ReadTtls(options, policy, mask));
  RETURN_IF_ERROR(ReadOverrides(options, policy, mask));
  RETURN_IF_ERROR(ReadNegativeTtls(options, policy, mask));
  if (options.refresh_ahead) {
    policy.set_refresh_ahead(*options.refresh_ahead);
    mask.add_paths("cache_policy.refresh_ahead");
  }
  return absl::OkStatus();
}

}  // namespace cvr
