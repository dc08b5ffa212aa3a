#include "services/metadata/route.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/policy_wire.h"

namespace cvr {
namespace {

absl::Duration ZeroIsForEver(absl::Duration validity) {
  return validity == absl::ZeroDuration() ? absl::InfiniteDuration() : validity;
}

absl::Duration OrSeconds(bool has, const google::protobuf::Duration& duration,
                         int seconds) {
  return has ? FromWire(duration) : absl::Seconds(seconds);
}

void SetTimes(const v1::Upstream& upstream, UpstreamRoute& route) {
  route.cache_validity =
      upstream.has_cache_validity()
          ? ZeroIsForEver(FromWire(upstream.cache_validity()))
          : absl::Hours(limits::kCacheValidityHoursDefault);
  route.tags_validity =
      OrSeconds(upstream.has_tags_validity(), upstream.tags_validity(),
                limits::kTagsValiditySecondsDefault);
  route.referrers_validity = OrSeconds(
      upstream.has_referrers_validity(), upstream.referrers_validity(),
      limits::kReferrersValiditySecondsDefault);
  route.max_stale = upstream.has_max_stale() ? FromWire(upstream.max_stale())
                                             : absl::InfiniteDuration();
  const auto& ttls = upstream.absence_ttls();
  route.manifest_not_found_ttl =
      OrSeconds(ttls.has_manifest_not_found(), ttls.manifest_not_found(),
                limits::kNotFoundSecondsDefault);
  route.blob_not_found_ttl =
      OrSeconds(ttls.has_blob_not_found(), ttls.blob_not_found(),
                limits::kNotFoundSecondsDefault);
  route.refused_ttl = OrSeconds(ttls.has_refused(), ttls.refused(),
                                limits::kRefusedSecondsDefault);
}

absl::Status Damaged(const v1::Upstream& upstream, const absl::Status& why) {
  return absl::DataLossError(
      absl::StrCat("upstream ", upstream.id(), " is damaged: ", why.message()));
}

}  // namespace

absl::StatusOr<UpstreamRoute> UpstreamRoute::To(const v1::Upstream& upstream) {
  UpstreamRoute route;
  route.upstream_id = upstream.id();
  route.upstream_name = upstream.name();
  route.disabled = upstream.disabled();
  route.update_time = FromWire(upstream.update_time());
  SetTimes(upstream, route);
  route.refresh_ahead = upstream.refresh_ahead();
  for (const auto& validity : upstream.tag_validities()) {
    auto pattern = FromWire(validity.tag());
    if (!pattern.ok()) return Damaged(upstream, pattern.status());
    route.tag_validities.emplace_back(
        *std::move(pattern),
        ZeroIsForEver(FromWire(validity.cache_validity())));
  }
  auto rules = FromWire(upstream.rules());
  if (!rules.ok()) return Damaged(upstream, rules.status());
  route.rules = *std::move(rules);
  route.failure_policy = FromWire(upstream.failure_policy());
  for (const std::string& host : upstream.source_namespaces()) {
    route.source_namespaces.push_back(NormalizedNamespace(host));
  }
  return route;
}

absl::Duration UpstreamRoute::ValidityOf(const ContentRef& content) const {
  if (content.kind == ContentKind::kTags) return tags_validity;
  if (content.kind == ContentKind::kReferrers) return referrers_validity;
  if (content.reference.is_digest()) return absl::InfiniteDuration();
  for (const auto& [pattern, validity] : tag_validities) {
    if (pattern.Matches(content.reference.tag())) return validity;
  }
  return cache_validity;
}

absl::Duration UpstreamRoute::NotFoundTtlOf(const ContentRef& content) const {
  return content.kind == ContentKind::kBlob ? blob_not_found_ttl
                                            : manifest_not_found_ttl;
}

bool UpstreamRoute::StandsFor(absl::string_view source_namespace) const {
  return source_namespace.empty() ||
         absl::c_linear_search(source_namespaces,
                               NormalizedNamespace(source_namespace));
}

std::optional<std::string> UpstreamRoute::WhyExcluded(
    const ContentRef& content) const {
  auto why =
      rules.WhyExcluded(Rule::Target::kRepository, content.repository.name());
  if (why || content.kind != ContentKind::kManifest ||
      content.reference.is_digest()) {
    return why;
  }
  return rules.WhyExcluded(Rule::Target::kTag, content.reference.tag());
}

std::string NormalizedNamespace(absl::string_view host) {
  std::string name = absl::AsciiStrToLower(host);
  const bool is_hub =
      name == "index.docker.io" || name == "registry-1.docker.io";
  return is_hub ? "docker.io" : name;
}

}  // namespace cvr
