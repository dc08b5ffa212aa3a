#include "services/metadata/resolution/upstream_route.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/common/content_wire.h"
#include "services/common/status_macros.h"
#include "services/metadata/conversion/stored_policy.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/upstream_epoch.h"
#include "services/policy/docker_hub.h"

namespace cvr {
namespace {

// A manifest that is asked for by its digest and is not there may be on its
// way: attestations are pushed after the index that names them.
constexpr absl::Duration kLateManifestTtl = absl::Seconds(5);

void SetTimes(const stored::CachePolicy& policy, UpstreamRoute& route) {
  route.cache_validity = TtlOf(policy.tag_ttl());
  route.tags_validity = TtlOf(policy.tag_list_ttl());
  route.referrers_validity = TtlOf(policy.referrers_ttl());
  route.max_stale = TtlOf(policy.stale_ttl());
  // Never infinite: when they end is written down.
  const auto& ttls = policy.negative_ttls();
  route.manifest_not_found_ttl = FromWire(ttls.manifest_not_found());
  route.blob_not_found_ttl = FromWire(ttls.blob_not_found());
  route.refused_ttl = FromWire(ttls.refused());
  route.refresh_ahead = policy.refresh_ahead();
}

absl::Status Damaged(const stored::UpstreamResource& upstream,
                     const absl::Status& why) {
  return absl::DataLossError(absl::StrCat("invalid stored data of upstream ",
                                          upstream.id(), ": ", why.message()));
}

}  // namespace

absl::StatusOr<UpstreamRoute> UpstreamRoute::To(const stored::Upstream& row) {
  const stored::UpstreamResource& upstream = row.upstream();
  UpstreamRoute route;
  route.cache_epoch = epochs::CacheEpochOf(row);
  route.purge_mark = purges::MarkOf(row);
  route.rate_reserve_percent =
      FromStored(upstream.limits()).rate_reserve_percent;
  route.is_docker_hub = docker_hub::IsHost(UpstreamHost(upstream.url()));
  route.upstream_id = upstream.id();
  route.identity = row.identity();
  route.public_identity = row.public_identity();
  route.upstream_name = upstream.name();
  route.disabled = upstream.disabled();
  route.update_time = FromWire(upstream.update_time());
  route.upstream_version = absl::ToUnixNanos(route.update_time);
  const stored::CachePolicy policy = EffectiveCachePolicyOf(upstream);
  SetTimes(policy, route);
  for (const auto& one : policy.tag_ttl_overrides()) {
    auto pattern = FromStored(one.tag());
    if (!pattern.ok()) return Damaged(upstream, pattern.status());
    route.tag_validities.emplace_back(*std::move(pattern), TtlOf(one.ttl()));
  }
  auto rules = FromStored(upstream.rules());
  if (!rules.ok()) return Damaged(upstream, rules.status());
  route.rules = *std::move(rules);
  route.failure_policy = FromStored(upstream.failure_policy());
  for (const std::string& host : upstream.source_namespaces()) {
    route.source_namespaces.push_back(NormalizedNamespace(host));
  }
  route.may_be_docker_hub =
      absl::c_linear_search(route.source_namespaces, docker_hub::kNamespace);
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
  if (content.kind == ContentKind::kBlob) return blob_not_found_ttl;
  const bool may_come_late =
      content.kind == ContentKind::kManifest && content.reference.is_digest();
  return may_come_late ? std::min(manifest_not_found_ttl, kLateManifestTtl)
                       : manifest_not_found_ttl;
}

bool UpstreamRoute::StandsFor(absl::string_view source_namespace) const {
  return source_namespace.empty() ||
         absl::c_linear_search(source_namespaces,
                               NormalizedNamespace(source_namespace));
}

Repository UpstreamRoute::CanonicalName(const Repository& repository) const {
  return is_docker_hub ? docker_hub::CanonicalName(repository) : repository;
}

ContentRef UpstreamRoute::Canonical(ContentRef content) const {
  if (is_docker_hub) content.repository = CanonicalName(content.repository);
  return content;
}

std::optional<std::string> UpstreamRoute::WhyRepositoryExcluded(
    const std::string& repository) const {
  std::vector<std::string> names = {repository};
  if (is_docker_hub || may_be_docker_hub) {
    if (auto other = docker_hub::OtherSpelling(repository)) {
      names.push_back(*std::move(other));
    }
  }
  const auto allowed = absl::MakeConstSpan(names);
  return rules.WhyExcluded(Rule::Target::kRepository, names,
                           is_docker_hub ? allowed : allowed.first(1));
}

std::optional<std::string> UpstreamRoute::WhyExcluded(
    const ContentRef& content) const {
  auto why = WhyRepositoryExcluded(content.repository.name());
  if (why || content.kind != ContentKind::kManifest ||
      content.reference.is_digest()) {
    return why;
  }
  return rules.WhyExcluded(Rule::Target::kTag, content.reference.tag());
}

std::string NormalizedNamespace(absl::string_view host) {
  if (docker_hub::IsHost(host)) return std::string(docker_hub::kNamespace);
  return absl::AsciiStrToLower(host);
}

}  // namespace cvr
