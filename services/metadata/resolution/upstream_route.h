#ifndef SERVICES_METADATA_RESOLUTION_UPSTREAM_ROUTE_H_
#define SERVICES_METADATA_RESOLUTION_UPSTREAM_ROUTE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/content.h"
#include "services/common/limits.h"
#include "services/metadata/store/stored_upstream.pb.h"
#include "services/policy/failure_policy.h"
#include "services/policy/pattern.h"
#include "services/policy/pull_rules.h"

namespace cvr {

// What a pull needs to know of an upstream, ready for use. Immutable.
struct UpstreamRoute {
  int64_t upstream_id = 0;
  std::string upstream_name;
  // As Candidate's.
  int64_t identity = 0;
  int64_t public_identity = 0;
  bool disabled = false;
  // Any change of the upstream changes it.
  absl::Time update_time;
  // Of UpstreamEpoch.
  int64_t cache_epoch = 0;
  // What is purged (purge_mark.h).
  int64_t purge_mark = 0;
  // As Candidate's.
  int64_t upstream_version = 0;
  int rate_reserve_percent = limits::kRateReservePercentDefault;
  // `nginx` and `library/nginx` are one.
  bool is_docker_hub = false;
  // It stands for Docker Hub, so they may be one there, too.
  bool may_be_docker_hub = false;

  // How long a tag is fresh; infinite = for ever.
  absl::Duration cache_validity;
  // In place of it, the first that matches.
  std::vector<std::pair<Pattern, absl::Duration>> tag_validities;
  absl::Duration tags_validity;
  absl::Duration referrers_validity;
  // How much longer something may be served when the upstream fails.
  absl::Duration max_stale;
  bool refresh_ahead = false;

  absl::Duration manifest_not_found_ttl;
  absl::Duration blob_not_found_ttl;
  absl::Duration refused_ttl;

  RuleSet rules;
  FailurePolicy failure_policy;
  // Normalised.
  std::vector<std::string> source_namespaces;

  // Errors: DATA_LOSS for a row that Validate() would have refused.
  static absl::StatusOr<UpstreamRoute> To(const stored::Upstream& row);

  // The name under which everything of the repository is recorded.
  Repository CanonicalName(const Repository& repository) const;
  // `content` with that name.
  ContentRef Canonical(ContentRef content) const;

  // How long an entry for `content` is fresh.
  absl::Duration ValidityOf(const ContentRef& content) const;
  // How long it is believed that the upstream has no `content`.
  absl::Duration NotFoundTtlOf(const ContentRef& content) const;
  // How long a negative answer of it is: 401 and 403, or that there is none.
  absl::Duration NegativeTtlOf(const ContentRef& content,
                               bool is_refusal) const {
    return is_refusal ? refused_ttl : NotFoundTtlOf(content);
  }
  // Whether it stands for that registry host; everything does for an empty one.
  bool StandsFor(absl::string_view source_namespace) const;
  // The rule that excludes the repository, for people. Both spellings of Docker
  // Hub's official images count there. At an upstream that only stands for
  // Docker Hub a deny of either excludes, and an allow must match the name that
  // was asked for, since it is not known whether they are one.
  std::optional<std::string> WhyRepositoryExcluded(
      const std::string& repository) const;
  // The rule that excludes `content` by its names, for people.
  std::optional<std::string> WhyExcluded(const ContentRef& content) const;
};
using Routes = std::vector<UpstreamRoute>;

// What a pull needs to know of a registry. Immutable.
struct RegistryRoutes {
  std::string group;
  bool anonymous_pull = false;
  Routes upstreams;  // By position.
};

// Registry host names in lower case, and Docker Hub's as one.
std::string NormalizedNamespace(absl::string_view host);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_UPSTREAM_ROUTE_H_
