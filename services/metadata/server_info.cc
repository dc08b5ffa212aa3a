#include "services/metadata/server_info.h"

#include <algorithm>

#include "services/common/limits.h"
#include "services/metadata/resources/filter.h"
#include "services/process/version.h"

namespace cvr {
namespace {

struct Limit {
  const char* name;
  int64_t value;
  const char* description;
};

}  // namespace

absl::StatusOr<v1::GetServerInfoResponse> ServerInfo::Get() const {
  std::vector<Limit> limits = {
      {"registries_per_group", options_.limits.registries_per_group,
       "Registries of one group."},
      {"upstreams_per_registry", options_.limits.upstreams_per_registry,
       "Upstreams that are attached to one registry."},
      {"cache_entries_per_upstream", options_.cache_entries_per_upstream,
       "Cache entries of one upstream. For each one above it, another one that "
       "was not used for long is deleted."},
      {"audit_events", options_.audit_events,
       "Audit events that are kept for ListAuditEvents."},
      {"page_size", limits::kPageSizeMax, "Items on one page of a list."},
      {"request_bytes", limits::kGrpcMessageBytesMax, "Bytes of one request."},
      {"manifest_bytes", static_cast<int64_t>(limits::kManifestBytesMax),
       "Bytes of one manifest."},
      {"blob_bytes", static_cast<int64_t>(limits::kBlobBytesMax),
       "Bytes of one blob."},
      {"rules_per_upstream", limits::kRulesPerUpstreamMax,
       "Pull rules of one upstream."},
      {"tag_ttl_overrides_per_upstream", limits::kTagTtlOverridesPerUpstreamMax,
       "Times to live for some tags of one upstream."},
      {"hosts_per_upstream", limits::kHostsPerUpstreamMax,
       "Source namespaces, and trusted token realms, of one upstream."},
      {"filter_terms", static_cast<int64_t>(Filter::kTermsMax),
       "Terms of one filter."},
  };
  std::sort(limits.begin(), limits.end(), [](const Limit& a, const Limit& b) {
    return absl::string_view(a.name) < b.name;
  });
  v1::GetServerInfoResponse response;
  response.set_version(kVersion);
  response.set_revision(options_.revision);
  response.add_api_versions("cvr.v1");
  for (const Limit& limit : limits) {
    v1::ServerLimit& message = *response.add_limits();
    message.set_name(limit.name);
    message.set_value(limit.value);
    message.set_description(limit.description);
  }
  for (const std::string& feature : options_.features) {
    response.add_features(feature);
  }
  return response;
}

}  // namespace cvr
