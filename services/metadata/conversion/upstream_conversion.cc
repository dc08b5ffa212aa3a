#include "services/metadata/conversion/upstream_conversion.h"

#include "services/common/content_wire.h"
#include "services/metadata/conversion/stored_policy.h"
#include "services/policy/upstream_access.h"

namespace cvr {
namespace {

stored::Pattern ToStored(const v1::Pattern& from) {
  stored::Pattern to;
  if (from.has_wildcard()) to.set_wildcard(from.wildcard());
  if (from.has_regex()) to.set_regex(from.regex());
  return to;
}

v1::Pattern ToApi(const stored::Pattern& from) {
  v1::Pattern to;
  if (from.has_wildcard()) to.set_wildcard(from.wildcard());
  if (from.has_regex()) to.set_regex(from.regex());
  return to;
}

stored::TagTtlOverride ToStored(const v1::TagTtlOverride& from) {
  stored::TagTtlOverride to;
  if (from.has_tag()) *to.mutable_tag() = ToStored(from.tag());
  if (from.has_ttl()) *to.mutable_ttl() = from.ttl();
  return to;
}

v1::TagTtlOverride ToApi(const stored::TagTtlOverride& from) {
  v1::TagTtlOverride to;
  if (from.has_tag()) *to.mutable_tag() = ToApi(from.tag());
  if (from.has_ttl()) *to.mutable_ttl() = from.ttl();
  return to;
}

stored::Rule::Action ToStored(v1::Rule::RuleAction from) {
  switch (from) {
    case v1::Rule::RULE_ACTION_ALLOW:
      return stored::Rule::ACTION_ALLOW;
    case v1::Rule::RULE_ACTION_DENY:
      return stored::Rule::ACTION_DENY;
    default:
      return stored::Rule::ACTION_UNSPECIFIED;
  }
}

v1::Rule::RuleAction ToApi(stored::Rule::Action from) {
  switch (from) {
    case stored::Rule::ACTION_ALLOW:
      return v1::Rule::RULE_ACTION_ALLOW;
    case stored::Rule::ACTION_DENY:
      return v1::Rule::RULE_ACTION_DENY;
    default:
      return v1::Rule::RULE_ACTION_UNSPECIFIED;
  }
}

stored::Rule::Target ToStored(v1::Rule::RuleTarget from) {
  switch (from) {
    case v1::Rule::RULE_TARGET_REPOSITORY:
      return stored::Rule::TARGET_REPOSITORY;
    case v1::Rule::RULE_TARGET_TAG:
      return stored::Rule::TARGET_TAG;
    default:
      return stored::Rule::TARGET_UNSPECIFIED;
  }
}

v1::Rule::RuleTarget ToApi(stored::Rule::Target from) {
  switch (from) {
    case stored::Rule::TARGET_REPOSITORY:
      return v1::Rule::RULE_TARGET_REPOSITORY;
    case stored::Rule::TARGET_TAG:
      return v1::Rule::RULE_TARGET_TAG;
    default:
      return v1::Rule::RULE_TARGET_UNSPECIFIED;
  }
}

stored::Rule ToStored(const v1::Rule& from) {
  stored::Rule to;
  to.set_action(ToStored(from.action()));
  to.set_target(ToStored(from.target()));
  if (from.has_pattern()) *to.mutable_pattern() = ToStored(from.pattern());
  return to;
}

v1::Rule ToApi(const stored::Rule& from) {
  v1::Rule to;
  to.set_action(ToApi(from.action()));
  to.set_target(ToApi(from.target()));
  if (from.has_pattern()) *to.mutable_pattern() = ToApi(from.pattern());
  return to;
}

stored::FailurePolicy::Action ToStored(v1::FailurePolicy::FailureAction from) {
  switch (from) {
    case v1::FailurePolicy::FAILURE_ACTION_SERVE_STALE:
      return stored::FailurePolicy::ACTION_SERVE_STALE;
    case v1::FailurePolicy::FAILURE_ACTION_STOP:
      return stored::FailurePolicy::ACTION_STOP;
    case v1::FailurePolicy::FAILURE_ACTION_NEXT:
      return stored::FailurePolicy::ACTION_NEXT;
    default:
      return stored::FailurePolicy::ACTION_UNSPECIFIED;
  }
}

v1::FailurePolicy::FailureAction ToApi(stored::FailurePolicy::Action from) {
  switch (from) {
    case stored::FailurePolicy::ACTION_SERVE_STALE:
      return v1::FailurePolicy::FAILURE_ACTION_SERVE_STALE;
    case stored::FailurePolicy::ACTION_STOP:
      return v1::FailurePolicy::FAILURE_ACTION_STOP;
    case stored::FailurePolicy::ACTION_NEXT:
      return v1::FailurePolicy::FAILURE_ACTION_NEXT;
    default:
      return v1::FailurePolicy::FAILURE_ACTION_UNSPECIFIED;
  }
}

stored::FailurePolicy::Actions ToStored(
    const v1::FailurePolicy::Actions& from) {
  stored::FailurePolicy::Actions to;
  to.set_cached(ToStored(from.cached()));
  to.set_tag(ToStored(from.tag()));
  to.set_digest(ToStored(from.digest()));
  return to;
}

v1::FailurePolicy::Actions ToApi(const stored::FailurePolicy::Actions& from) {
  v1::FailurePolicy::Actions to;
  to.set_cached(ToApi(from.cached()));
  to.set_tag(ToApi(from.tag()));
  to.set_digest(ToApi(from.digest()));
  return to;
}

stored::FailurePolicy ToStored(const v1::FailurePolicy& from) {
  stored::FailurePolicy to;
  if (from.has_unavailable()) {
    *to.mutable_unavailable() = ToStored(from.unavailable());
  }
  if (from.has_rate_limited()) {
    *to.mutable_rate_limited() = ToStored(from.rate_limited());
  }
  if (from.has_refused()) *to.mutable_denied() = ToStored(from.refused());
  if (from.has_hidden()) *to.mutable_hidden() = ToStored(from.hidden());
  return to;
}

v1::FailurePolicy ToApi(const stored::FailurePolicy& from) {
  v1::FailurePolicy to;
  if (from.has_unavailable()) {
    *to.mutable_unavailable() = ToApi(from.unavailable());
  }
  if (from.has_rate_limited()) {
    *to.mutable_rate_limited() = ToApi(from.rate_limited());
  }
  if (from.has_denied()) *to.mutable_refused() = ToApi(from.denied());
  if (from.has_hidden()) *to.mutable_hidden() = ToApi(from.hidden());
  return to;
}

stored::AbsenceTtls ToStored(const v1::NegativeCacheTtls& from) {
  stored::AbsenceTtls to;
  if (from.has_manifest_not_found()) {
    *to.mutable_manifest_not_found() = from.manifest_not_found();
  }
  if (from.has_blob_not_found()) {
    *to.mutable_blob_not_found() = from.blob_not_found();
  }
  if (from.has_refused()) *to.mutable_refused() = from.refused();
  return to;
}

v1::NegativeCacheTtls ToApi(const stored::AbsenceTtls& from) {
  v1::NegativeCacheTtls to;
  if (from.has_manifest_not_found()) {
    *to.mutable_manifest_not_found() = from.manifest_not_found();
  }
  if (from.has_blob_not_found()) {
    *to.mutable_blob_not_found() = from.blob_not_found();
  }
  if (from.has_refused()) *to.mutable_refused() = from.refused();
  return to;
}

stored::CachePolicy ToStored(const v1::CachePolicy& from) {
  stored::CachePolicy to;
  if (from.has_tag_ttl()) *to.mutable_tag_ttl() = from.tag_ttl();
  for (const auto& one : from.tag_ttl_overrides()) {
    *to.add_tag_ttl_overrides() = ToStored(one);
  }
  if (from.has_stale_ttl()) *to.mutable_stale_ttl() = from.stale_ttl();
  if (from.has_tag_list_ttl()) {
    *to.mutable_tag_list_ttl() = from.tag_list_ttl();
  }
  if (from.has_referrers_ttl()) {
    *to.mutable_referrers_ttl() = from.referrers_ttl();
  }
  if (from.has_negative_ttls()) {
    *to.mutable_negative_ttls() = ToStored(from.negative_ttls());
  }
  to.set_refresh_ahead(from.refresh_ahead());
  return to;
}

v1::CachePolicy ToApi(const stored::CachePolicy& from) {
  v1::CachePolicy to;
  if (from.has_tag_ttl()) *to.mutable_tag_ttl() = from.tag_ttl();
  for (const auto& one : from.tag_ttl_overrides()) {
    *to.add_tag_ttl_overrides() = ToApi(one);
  }
  if (from.has_stale_ttl()) *to.mutable_stale_ttl() = from.stale_ttl();
  if (from.has_tag_list_ttl()) {
    *to.mutable_tag_list_ttl() = from.tag_list_ttl();
  }
  if (from.has_referrers_ttl()) {
    *to.mutable_referrers_ttl() = from.referrers_ttl();
  }
  if (from.has_negative_ttls()) {
    *to.mutable_negative_ttls() = ToApi(from.negative_ttls());
  }
  to.set_refresh_ahead(from.refresh_ahead());
  return to;
}

stored::UpstreamLimits ToStored(const v1::UpstreamLimits& from) {
  stored::UpstreamLimits to;
  if (from.has_concurrent_requests()) {
    to.set_concurrent_requests(from.concurrent_requests());
  }
  if (from.has_failures_to_open()) {
    to.set_failures_to_open(from.failures_to_open());
  }
  if (from.has_open_ttl()) *to.mutable_open_for() = from.open_ttl();
  if (from.has_rate_reserve_percent()) {
    to.set_rate_reserve_percent(from.rate_reserve_percent());
  }
  return to;
}

v1::UpstreamLimits ToApi(const UpstreamLimits& from) {
  v1::UpstreamLimits to;
  to.set_concurrent_requests(from.concurrent_requests);
  to.set_failures_to_open(from.failures_to_open);
  *to.mutable_open_ttl() = ToWire(from.open_ttl);
  to.set_rate_reserve_percent(from.rate_reserve_percent);
  return to;
}

// As they count: within their bounds, so that who changes something else of the
// upstream is not refused for what an earlier revision allowed.
v1::UpstreamLimits ToApi(const stored::UpstreamLimits& from) {
  v1::UpstreamLimits to = ToApi(FromStored(from));
  if (!from.has_concurrent_requests()) to.clear_concurrent_requests();
  if (!from.has_failures_to_open()) to.clear_failures_to_open();
  if (!from.has_open_for()) to.clear_open_ttl();
  if (!from.has_rate_reserve_percent()) to.clear_rate_reserve_percent();
  return to;
}

stored::TlsSettings ToStored(const v1::TlsSettings& from) {
  stored::TlsSettings to;
  to.set_ca_bundle_pem(from.ca_bundle_pem());
  to.set_client_certificate_pem(from.client_certificate_pem());
  to.set_insecure_skip_verify(from.insecure_skip_verify());
  return to;
}

v1::TlsSettings ToApi(const stored::TlsSettings& from) {
  v1::TlsSettings to;
  to.set_ca_bundle_pem(from.ca_bundle_pem());
  to.set_client_certificate_pem(from.client_certificate_pem());
  to.set_insecure_skip_verify(from.insecure_skip_verify());
  return to;
}

}  // namespace

stored::UpstreamResource ToStored(const v1::Upstream& from) {
  stored::UpstreamResource to;
  to.set_id(from.id());
  to.set_group(from.group());
  to.set_name(from.name());
  to.set_display_name(from.display_name());
  to.set_description(from.description());
  to.set_url(from.url());
  if (from.has_credentials_update_time()) {
    *to.mutable_credentials_update_time() = from.credentials_update_time();
  }
  if (from.has_tls()) *to.mutable_tls() = ToStored(from.tls());
  *to.mutable_source_namespaces() = from.source_namespaces();
  *to.mutable_trusted_token_realms() = from.trusted_token_realms();
  to.set_disabled(from.disabled());
  if (from.has_cache_policy()) {
    *to.mutable_cache_policy() = ToStored(from.cache_policy());
  }
  for (const auto& one : from.rules()) *to.add_rules() = ToStored(one);
  if (from.has_failure_policy()) {
    *to.mutable_failure_policy() = ToStored(from.failure_policy());
  }
  if (from.has_limits()) *to.mutable_limits() = ToStored(from.limits());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

v1::Upstream ToApi(const stored::UpstreamResource& from) {
  v1::Upstream to;
  to.set_id(from.id());
  to.set_group(from.group());
  to.set_name(from.name());
  to.set_display_name(from.display_name());
  to.set_description(from.description());
  to.set_url(from.url());
  if (from.has_credentials_update_time()) {
    *to.mutable_credentials_update_time() = from.credentials_update_time();
  }
  if (from.has_tls()) *to.mutable_tls() = ToApi(from.tls());
  *to.mutable_source_namespaces() = from.source_namespaces();
  *to.mutable_trusted_token_realms() = from.trusted_token_realms();
  to.set_disabled(from.disabled());
  if (const auto policy = CachePolicyOf(from)) {
    *to.mutable_cache_policy() = ToApi(*policy);
  }
  for (const auto& one : from.rules()) *to.add_rules() = ToApi(one);
  if (from.has_failure_policy()) {
    *to.mutable_failure_policy() = ToApi(from.failure_policy());
  }
  if (from.has_limits()) *to.mutable_limits() = ToApi(from.limits());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

v1::CachePolicy EffectiveCachePolicy(const stored::UpstreamResource& from) {
  return ToApi(EffectiveCachePolicyOf(from));
}

v1::UpstreamLimits EffectiveLimits(const stored::UpstreamResource& from) {
  return ToApi(FromStored(from.limits()));
}

}  // namespace cvr
