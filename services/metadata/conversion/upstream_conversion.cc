#include "services/metadata/conversion/upstream_conversion.h"

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

stored::TagValidity ToStored(const v1::TagValidity& from) {
  stored::TagValidity to;
  if (from.has_tag()) *to.mutable_tag() = ToStored(from.tag());
  if (from.has_cache_validity()) {
    *to.mutable_cache_validity() = from.cache_validity();
  }
  return to;
}

v1::TagValidity ToApi(const stored::TagValidity& from) {
  v1::TagValidity to;
  if (from.has_tag()) *to.mutable_tag() = ToApi(from.tag());
  if (from.has_cache_validity()) {
    *to.mutable_cache_validity() = from.cache_validity();
  }
  return to;
}

stored::Rule::Action ToStored(v1::Rule::Action from) {
  switch (from) {
    case v1::Rule::ALLOW:
      return stored::Rule::ACTION_ALLOW;
    case v1::Rule::DENY:
      return stored::Rule::ACTION_DENY;
    default:
      return stored::Rule::ACTION_UNSPECIFIED;
  }
}

v1::Rule::Action ToApi(stored::Rule::Action from) {
  switch (from) {
    case stored::Rule::ACTION_ALLOW:
      return v1::Rule::ALLOW;
    case stored::Rule::ACTION_DENY:
      return v1::Rule::DENY;
    default:
      return v1::Rule::ACTION_UNSPECIFIED;
  }
}

stored::Rule::Target ToStored(v1::Rule::Target from) {
  switch (from) {
    case v1::Rule::REPOSITORY:
      return stored::Rule::TARGET_REPOSITORY;
    case v1::Rule::TAG:
      return stored::Rule::TARGET_TAG;
    default:
      return stored::Rule::TARGET_UNSPECIFIED;
  }
}

v1::Rule::Target ToApi(stored::Rule::Target from) {
  switch (from) {
    case stored::Rule::TARGET_REPOSITORY:
      return v1::Rule::REPOSITORY;
    case stored::Rule::TARGET_TAG:
      return v1::Rule::TAG;
    default:
      return v1::Rule::TARGET_UNSPECIFIED;
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

stored::FailurePolicy::Action ToStored(v1::FailurePolicy::Action from) {
  switch (from) {
    case v1::FailurePolicy::SERVE_STALE:
      return stored::FailurePolicy::ACTION_SERVE_STALE;
    case v1::FailurePolicy::STOP:
      return stored::FailurePolicy::ACTION_STOP;
    case v1::FailurePolicy::NEXT:
      return stored::FailurePolicy::ACTION_NEXT;
    default:
      return stored::FailurePolicy::ACTION_UNSPECIFIED;
  }
}

v1::FailurePolicy::Action ToApi(stored::FailurePolicy::Action from) {
  switch (from) {
    case stored::FailurePolicy::ACTION_SERVE_STALE:
      return v1::FailurePolicy::SERVE_STALE;
    case stored::FailurePolicy::ACTION_STOP:
      return v1::FailurePolicy::STOP;
    case stored::FailurePolicy::ACTION_NEXT:
      return v1::FailurePolicy::NEXT;
    default:
      return v1::FailurePolicy::ACTION_UNSPECIFIED;
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
  if (from.has_denied()) *to.mutable_denied() = ToStored(from.denied());
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
  if (from.has_denied()) *to.mutable_denied() = ToApi(from.denied());
  if (from.has_hidden()) *to.mutable_hidden() = ToApi(from.hidden());
  return to;
}

stored::AbsenceTtls ToStored(const v1::AbsenceTtls& from) {
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

v1::AbsenceTtls ToApi(const stored::AbsenceTtls& from) {
  v1::AbsenceTtls to;
  if (from.has_manifest_not_found()) {
    *to.mutable_manifest_not_found() = from.manifest_not_found();
  }
  if (from.has_blob_not_found()) {
    *to.mutable_blob_not_found() = from.blob_not_found();
  }
  if (from.has_refused()) *to.mutable_refused() = from.refused();
  return to;
}

stored::UpstreamLimits ToStored(const v1::UpstreamLimits& from) {
  stored::UpstreamLimits to;
  to.set_concurrent_requests(from.concurrent_requests());
  to.set_failures_to_open(from.failures_to_open());
  if (from.has_open_for()) *to.mutable_open_for() = from.open_for();
  to.set_rate_reserve_percent(from.rate_reserve_percent());
  return to;
}

v1::UpstreamLimits ToApi(const stored::UpstreamLimits& from) {
  v1::UpstreamLimits to;
  to.set_concurrent_requests(from.concurrent_requests());
  to.set_failures_to_open(from.failures_to_open());
  if (from.has_open_for()) *to.mutable_open_for() = from.open_for();
  to.set_rate_reserve_percent(from.rate_reserve_percent());
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
  to.set_description(from.description());
  to.set_url(from.url());
  if (from.has_cache_validity()) {
    *to.mutable_cache_validity() = from.cache_validity();
  }
  if (from.has_max_stale()) *to.mutable_max_stale() = from.max_stale();
  if (from.has_tls()) *to.mutable_tls() = ToStored(from.tls());
  *to.mutable_source_namespaces() = from.source_namespaces();
  *to.mutable_trusted_token_realms() = from.trusted_token_realms();
  to.set_disabled(from.disabled());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  for (const auto& one : from.tag_validities())
    *to.add_tag_validities() = ToStored(one);
  for (const auto& one : from.rules()) *to.add_rules() = ToStored(one);
  if (from.has_failure_policy()) {
    *to.mutable_failure_policy() = ToStored(from.failure_policy());
  }
  if (from.has_absence_ttls()) {
    *to.mutable_absence_ttls() = ToStored(from.absence_ttls());
  }
  if (from.has_limits()) *to.mutable_limits() = ToStored(from.limits());
  if (from.has_tags_validity()) {
    *to.mutable_tags_validity() = from.tags_validity();
  }
  if (from.has_referrers_validity()) {
    *to.mutable_referrers_validity() = from.referrers_validity();
  }
  to.set_refresh_ahead(from.refresh_ahead());
  to.set_etag(from.etag());
  return to;
}

v1::Upstream ToApi(const stored::UpstreamResource& from) {
  v1::Upstream to;
  to.set_id(from.id());
  to.set_group(from.group());
  to.set_name(from.name());
  to.set_description(from.description());
  to.set_url(from.url());
  if (from.has_cache_validity()) {
    *to.mutable_cache_validity() = from.cache_validity();
  }
  if (from.has_max_stale()) *to.mutable_max_stale() = from.max_stale();
  if (from.has_tls()) *to.mutable_tls() = ToApi(from.tls());
  *to.mutable_source_namespaces() = from.source_namespaces();
  *to.mutable_trusted_token_realms() = from.trusted_token_realms();
  to.set_disabled(from.disabled());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  for (const auto& one : from.tag_validities())
    *to.add_tag_validities() = ToApi(one);
  for (const auto& one : from.rules()) *to.add_rules() = ToApi(one);
  if (from.has_failure_policy()) {
    *to.mutable_failure_policy() = ToApi(from.failure_policy());
  }
  if (from.has_absence_ttls()) {
    *to.mutable_absence_ttls() = ToApi(from.absence_ttls());
  }
  if (from.has_limits()) *to.mutable_limits() = ToApi(from.limits());
  if (from.has_tags_validity()) {
    *to.mutable_tags_validity() = from.tags_validity();
  }
  if (from.has_referrers_validity()) {
    *to.mutable_referrers_validity() = from.referrers_validity();
  }
  to.set_refresh_ahead(from.refresh_ahead());
  to.set_etag(from.etag());
  return to;
}

}  // namespace cvr
