#include "tools/cvr/upstreams/upstream_view.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/client/validity_text.h"
#include "tools/cvr/upstreams/upstream_policy_options.h"

namespace cvr {
namespace {

std::string RegistryIds(const v1::Upstream& upstream) {
  return absl::StrJoin(
      upstream.registry_upstreams(), ",",
      [](std::string* out, const v1::RegistryUpstream& attachment) {
        absl::StrAppend(out, attachment.registry_id());
      });
}

std::string UpstreamValidityText(const v1::Upstream& upstream) {
  if (!upstream.has_cache_validity()) return "default";
  return ValidityText(upstream.cache_validity());
}

std::string MaxStaleText(const v1::Upstream& upstream) {
  return upstream.has_max_stale() ? DurationText(upstream.max_stale())
                                  : "no limit";
}

std::string CertificatesText(const v1::TlsSettings& tls) {
  if (tls.insecure_skip_verify()) return "not verified (insecure)";
  return tls.ca_bundle_pem().empty()
             ? "system's"
             : "system CAs and the upstream's CA bundle";
}

// `v*.*.*=for ever, re:nightly.*=1h`.
std::string TagValiditiesText(const v1::Upstream& upstream) {
  return absl::StrJoin(upstream.tag_validities(), ", ",
                       [](std::string* out, const v1::TagValidity& validity) {
                         absl::StrAppend(
                             out, PatternText(validity.tag()), "=",
                             ValidityText(validity.cache_validity()));
                       });
}

// `allow repository library/*, deny tag *-rc*`.
std::string RulesText(const v1::Upstream& upstream) {
  return absl::StrJoin(
      upstream.rules(), ", ", [](std::string* out, const v1::Rule& rule) {
        absl::StrAppend(
            out, absl::AsciiStrToLower(v1::Rule::Action_Name(rule.action())),
            " ", absl::AsciiStrToLower(v1::Rule::Target_Name(rule.target())),
            " ", PatternText(rule.pattern()));
      });
}

// `unavailable: cached=stop; denied: tag=next`; what is default is left out.
std::string PolicyText(const v1::FailurePolicy& policy) {
  const struct {
    const char* name;
    const v1::FailurePolicy::Actions& actions;
  } classes[] = {{"unavailable", policy.unavailable()},
                 {"rate limited", policy.rate_limited()},
                 {"denied", policy.denied()},
                 {"hidden", policy.hidden()}};
  std::vector<std::string> parts;
  for (const auto& [name, actions] : classes) {
    const std::pair<const char*, v1::FailurePolicy::Action> cases[] = {
        {"cached", actions.cached()},
        {"tag", actions.tag()},
        {"digest", actions.digest()}};
    std::vector<std::string> said;
    for (const auto& [what, action] : cases) {
      if (action == v1::FailurePolicy::ACTION_UNSPECIFIED) continue;
      said.push_back(absl::StrCat(
          what, "=",
          absl::StrReplaceAll(
              absl::AsciiStrToLower(v1::FailurePolicy::Action_Name(action)),
              {{"_", "-"}})));
    }
    if (said.empty()) continue;
    parts.push_back(absl::StrCat(name, ": ", absl::StrJoin(said, ",")));
  }
  return parts.empty() ? "default" : absl::StrJoin(parts, "; ");
}

}  // namespace

std::string UpstreamTable(const std::vector<v1::Upstream>& upstreams) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"GROUP"},
                   {"NAME"},
                   {"URL"},
                   {"USERNAME"},
                   {"CACHE VALIDITY"},
                   {"ENABLED"},
                   {"REGISTRIES"}});
  for (const v1::Upstream& upstream : upstreams) {
    table.AddRow({absl::StrCat(upstream.id()), upstream.group(),
                  upstream.name(), upstream.url(), upstream.username(),
                  UpstreamValidityText(upstream), YesNo(!upstream.disabled()),
                  RegistryIds(upstream)});
  }
  return table.ToString();
}

std::string UpstreamFields(const v1::Upstream& upstream) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(upstream.id()));
  fields.Add("group", upstream.group());
  fields.Add("name", upstream.name());
  fields.Add("description", upstream.description());
  fields.Add("url", upstream.url());
  fields.Add("username", upstream.username());
  fields.Add("enabled", YesNo(!upstream.disabled()));
  fields.Add("cache validity", UpstreamValidityText(upstream));
  fields.Add("tag validities", TagValiditiesText(upstream));
  fields.Add("max stale", MaxStaleText(upstream));
  fields.Add("refresh ahead", YesNo(upstream.refresh_ahead()));
  fields.Add("rules", RulesText(upstream));
  fields.Add("failure policy", PolicyText(upstream.failure_policy()));
  fields.Add("trusted CAs", CertificatesText(upstream.tls()));
  fields.Add("client certificate",
             YesNo(!upstream.tls().client_certificate_pem().empty()));
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

std::string AttachmentFields(const v1::RegistryUpstream& attachment) {
  FieldTable fields;
  fields.Add("registry", absl::StrCat(attachment.registry_id()));
  fields.Add("upstream", absl::StrCat(attachment.upstream_id()));
  fields.Add("position", absl::StrCat(attachment.position()));
  return fields.ToString();
}

}  // namespace cvr
