#include "tools/cvr/upstreams/upstream_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/client/ttl_text.h"
#include "tools/cvr/upstreams/pattern_text.h"

namespace cvr {
namespace {

std::string RegistryIds(const v1::Upstream& upstream) {
  return absl::StrJoin(upstream.attachments(), ",",
                       [](std::string* out, const v1::Attachment& attachment) {
                         absl::StrAppend(out, attachment.registry_id());
                       });
}

// What is in force, and whether that is the default: `24h (default)`. Servers
// answer what is in force in a message of its own.
std::string TtlInForce(bool is_set, bool is_known,
                       const google::protobuf::Duration& in_force) {
  const std::string text = is_known ? TtlText(in_force) : "";
  if (is_set) return text;
  return is_known ? absl::StrCat(text, " (default)") : "default";
}

std::string TagTtlText(const v1::Upstream& upstream) {
  const v1::CachePolicy& effective = upstream.effective_cache_policy();
  return TtlInForce(upstream.cache_policy().has_tag_ttl(),
                    effective.has_tag_ttl(), effective.tag_ttl());
}

std::string CertificatesText(const v1::TlsSettings& tls) {
  if (tls.insecure_skip_verify()) return "not verified (insecure)";
  return tls.ca_bundle_pem().empty()
             ? "system's"
             : "system CAs and the upstream's CA bundle";
}

// `v*.*.*=forever, re:nightly.*=1h`.
std::string OverridesText(const v1::CachePolicy& policy) {
  return absl::StrJoin(policy.tag_ttl_overrides(), ", ",
                       [](std::string* out, const v1::TagTtlOverride& one) {
                         absl::StrAppend(out, PatternText(one.tag()), "=",
                                         TtlText(one.ttl()));
                       });
}

// `allow repository library/*, deny tag *-rc*`.
std::string RulesText(const v1::Upstream& upstream) {
  return absl::StrJoin(upstream.rules(), ", ",
                       [](std::string* out, const v1::Rule& rule) {
                         absl::StrAppend(out, EnumText(rule.action()), " ",
                                         EnumText(rule.target()), " ",
                                         PatternText(rule.pattern()));
                       });
}

// `unavailable: cached=stop; refused: tag=next`; what is default is left out.
std::string PolicyText(const v1::FailurePolicy& policy) {
  const struct {
    const char* name;
    const v1::FailurePolicy::Actions& actions;
  } classes[] = {{"unavailable", policy.unavailable()},
                 {"rate limited", policy.rate_limited()},
                 {"refused", policy.refused()},
                 {"hidden", policy.hidden()}};
  std::vector<std::string> parts;
  for (const auto& [name, actions] : classes) {
    const std::pair<const char*, v1::FailurePolicy::FailureAction> cases[] = {
        {"cached", actions.cached()},
        {"tag", actions.tag()},
        {"digest", actions.digest()}};
    std::vector<std::string> said;
    for (const auto& [what, action] : cases) {
      if (action == v1::FailurePolicy::FAILURE_ACTION_UNSPECIFIED) continue;
      said.push_back(absl::StrCat(
          what, "=", absl::StrReplaceAll(EnumText(action), {{" ", "-"}})));
    }
    if (said.empty()) continue;
    parts.push_back(absl::StrCat(name, ": ", absl::StrJoin(said, ",")));
  }
  return parts.empty() ? "default" : absl::StrJoin(parts, "; ");
}

void AddCachePolicy(const v1::Upstream& upstream, FieldTable& fields) {
  const v1::CachePolicy& set = upstream.cache_policy();
  const v1::CachePolicy& effective = upstream.effective_cache_policy();
  const v1::NegativeCacheTtls& negative = effective.negative_ttls();
  fields.Add("tag ttl", TagTtlText(upstream));
  fields.Add("tag ttl overrides", OverridesText(set));
  fields.Add("stale ttl",
             TtlInForce(set.has_stale_ttl(), effective.has_stale_ttl(),
                        effective.stale_ttl()));
  fields.Add("tag list ttl",
             TtlInForce(set.has_tag_list_ttl(), effective.has_tag_list_ttl(),
                        effective.tag_list_ttl()));
  fields.Add("referrers ttl",
             TtlInForce(set.has_referrers_ttl(), effective.has_referrers_ttl(),
                        effective.referrers_ttl()));
  if (effective.has_negative_ttls()) {
    fields.Add(
        "negative ttls",
        absl::StrCat(
            "manifest-not-found=", TtlText(negative.manifest_not_found()),
            ", blob-not-found=", TtlText(negative.blob_not_found()),
            ", refused=", TtlText(negative.refused())));
  }
  fields.Add("refresh ahead", YesNo(set.refresh_ahead()));
}

// `concurrent-requests=64, ...`, as they are in force.
std::string LimitsText(const v1::UpstreamLimits& limits) {
  return absl::StrCat("concurrent-requests=", limits.concurrent_requests(),
                      ", failures-to-open=", limits.failures_to_open(),
                      ", open-ttl=", DurationText(limits.open_ttl()),
                      ", rate-reserve-percent=", limits.rate_reserve_percent());
}

}  // namespace

std::string UpstreamTable(const std::vector<v1::Upstream>& upstreams) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"GROUP"},
                   {"NAME"},
                   {"URL"},
                   {"USERNAME"},
                   {"TAG TTL"},
                   {"ENABLED"},
                   {"REGISTRIES"}});
  for (const v1::Upstream& upstream : upstreams) {
    table.AddRow({absl::StrCat(upstream.id()), upstream.group(),
                  upstream.name(), upstream.url(), upstream.username(),
                  TagTtlText(upstream), YesNo(!upstream.disabled()),
                  RegistryIds(upstream)});
  }
  return table.ToString();
}

std::string UpstreamFields(const v1::Upstream& upstream) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(upstream.id()));
  fields.Add("group", upstream.group());
  fields.Add("name", upstream.name());
  fields.Add("display name", upstream.display_name());
  fields.Add("description", upstream.description());
  fields.Add("url", upstream.url());
  fields.Add("username", upstream.username());
  fields.Add("password", upstream.has_password() ? "stored" : "none");
  if (upstream.has_credentials_update_time()) {
    fields.Add("credentials updated",
               TimeText(upstream.credentials_update_time()));
  }
  fields.Add("enabled", YesNo(!upstream.disabled()));
  AddCachePolicy(upstream, fields);
  fields.Add("rules", RulesText(upstream));
  fields.Add("failure policy", PolicyText(upstream.failure_policy()));
  if (upstream.has_effective_limits()) {
    fields.Add("limits", LimitsText(upstream.effective_limits()));
  }
  fields.Add("trusted CAs", CertificatesText(upstream.tls()));
  fields.Add("client certificate",
             YesNo(!upstream.tls().client_certificate_pem().empty()));
  fields.Add("client key", upstream.tls().has_client_key() ? "stored" : "none");
  fields.Add("source namespaces",
             absl::StrJoin(upstream.source_namespaces(), ","));
  fields.Add("trusted token realms",
             absl::StrJoin(upstream.trusted_token_realms(), ","));
  fields.Add("registries", RegistryIds(upstream));
  fields.Add("created", TimeText(upstream.create_time()));
  fields.Add("updated", TimeText(upstream.update_time()));
  fields.Add("etag", upstream.etag());
  return fields.ToString();
}

}  // namespace cvr
