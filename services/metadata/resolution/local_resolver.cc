#include "services/metadata/resolution/local_resolver.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "services/access/access_policy.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/resolution/candidate_reader.h"
#include "services/metadata/resolution/registry_path.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/supply_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/token_tables.h"

namespace cvr {
namespace {

// A tag that is pulled in the last fifth of its time is refreshed ahead.
constexpr double kRefreshAheadShare = 0.2;

// What an error calls the registry that its client may see.
std::string VisibleNameOf(const ResolveRequest& request) {
  absl::string_view name = request.registry_path;
  if (name.empty()) return absl::StrCat(request.registry_id);
  absl::ConsumeSuffix(&name, request.content.repository.name());
  absl::ConsumeSuffix(&name, "/");
  return std::string(name);
}

// One Resolve() at work.
class Resolving {
 public:
  Resolving(const ReadTransaction& transaction, const ResolveRequest& request,
            absl::Time now)
      : request_(request),
        now_(now),
        reader_(transaction, request.content, now) {}

  // Asks what is known of the next upstream in order of precedence.
  absl::Status Add(const UpstreamRoute& route) {
    if (route.disabled) return absl::OkStatus();
    serves_anything_ = true;
    if (!route.StandsFor(request_.source_namespace)) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto why, reader_.WhyExcluded(route));
    if (why) {
      if (!excluded_) excluded_ = std::move(why);
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(auto known, reader_.Read(route));
    const Candidate& candidate = known.candidate;
    if (CandidateReader::IsServedUnasked(candidate) && MayAnswer()) {
      resolution_.hit = Hit{candidate.cached->target, route.upstream_id};
      hit_entry_id_ = known.entry_id;
      NoteIfDueSoon(route, known);
    }
    all_yield_ = all_yield_ && CandidateReader::Yields(candidate);
    resolution_.plan.candidates.push_back(std::move(known.candidate));
    return absl::OkStatus();
  }

  absl::Status Finish() {
    auto& candidates = resolution_.plan.candidates;
    if (candidates.empty()) return WhyNothing();
    if (request_.content.is_addressed_by_digest()) {
      std::stable_partition(
          candidates.begin(), candidates.end(),
          [](const Candidate& candidate) { return candidate.reachable; });
    }
    return absl::OkStatus();
  }

  Resolution& resolution() { return resolution_; }
  int64_t hit_entry_id() const { return hit_entry_id_; }
  std::optional<RefreshDue>& due() { return due_; }

 private:
  // A digest proves itself, whoever has it. A tag of this upstream counts only
  // when no upstream before may have that tag, or a lower one would shadow a
  // higher one. A list is made of all.
  bool MayAnswer() const {
    if (resolution_.hit || request_.content.kind == ContentKind::kTags ||
        request_.content.kind == ContentKind::kReferrers) {
      return false;
    }
    return request_.content.reference.is_digest() || all_yield_;
  }

  void NoteIfDueSoon(const UpstreamRoute& route,
                     const CandidateReader::Known& known) {
    if (!route.refresh_ahead || known.fresh_until == absl::InfiniteFuture()) {
      return;
    }
    const absl::Duration validity =
        known.fresh_until - known.candidate.cached->upstream_checked_at;
    if (now_ < known.fresh_until - kRefreshAheadShare * validity) return;
    due_ = RefreshDue{known.candidate.ContentOf(request_.content),
                      known.candidate};
    due_->candidate.cached->fresh = false;
  }

  absl::Status WhyNothing() const {
    const std::string registry = VisibleNameOf(request_);
    if (excluded_) {
      return WithReason(
          absl::PermissionDeniedError(absl::StrCat(
              request_.content.RelativePath(), " is excluded: ", *excluded_)),
          Reason::kDenied);
    }
    if (!serves_anything_) return errors::RegistryUnknown(registry);
    return WithReason(absl::NotFoundError(absl::StrCat(
                          "registry ", registry,
                          " has no upstream with the source namespace '",
                          request_.source_namespace, "'")),
                      Reason::kNameUnknown);
  }

  const ResolveRequest& request_;
  const absl::Time now_;
  const CandidateReader reader_;

  Resolution resolution_;
  int64_t hit_entry_id_ = 0;
  std::optional<RefreshDue> due_;
  // Of all upstreams so far.
  bool all_yield_ = true;
  bool serves_anything_ = false;
  std::optional<std::string> excluded_;  // By the first one's rules.
};

// The repositories of one registry, in order, that somebody may pull.
absl::StatusOr<std::vector<CachedRepository>> RepositoriesOf(
    const ReadTransaction& transaction, int64_t registry_id,
    const Routes& routes, const std::string& start_after, size_t max) {
  std::set<std::string> names;
  for (const UpstreamRoute& route : routes) {
    if (route.disabled) continue;
    size_t left = max;
    RETURN_IF_ERROR(tables::VisitRepositories(
        transaction, route.upstream_id, start_after,
        [&](const std::string& name) -> absl::StatusOr<bool> {
          if (route.WhyRepositoryExcluded(name)) return true;
          names.insert(name);
          return --left > 0;
        }));
  }
  std::vector<CachedRepository> repositories;
  for (const std::string& name : names) {
    if (repositories.size() == max) break;
    repositories.push_back({registry_id, name});
  }
  return repositories;
}

// Who may see the registry but not pull is told so; who may not see it is
// answered as if there were none; who has shown nothing is asked to, whether
// there is one or not. `routes` may be null. `unknown` is what registries are
// answered with that do not exist, `name` what others are called.
absl::Status CheckPull(const Caller& caller, int64_t registry_id,
                       const RegistryRoutes* routes,
                       const absl::Status& unknown, absl::string_view name) {
  if (routes == nullptr) {
    return caller.is_anonymous() ? errors::Unauthenticated() : unknown;
  }
  const AccessPolicy::Object registry = {
      .group = routes->group,
      .registry_ids = absl::MakeConstSpan(&registry_id, 1),
      .anonymous_pull = routes->anonymous_pull};
  const absl::Status allowed =
      AccessPolicy::Check(caller, AccessPolicy::Action::kPull, registry);
  if (!absl::IsPermissionDenied(allowed)) return allowed;
  if (!AccessPolicy::MaySee(caller, registry)) return unknown;
  return errors::Denied(
      absl::StrCat("your token may not pull from virtual registry '", name,
                   "': it lacks the scope read_virtual_registry"));
}

}  // namespace

absl::StatusOr<Resolution> LocalResolver::Resolve(
    const ResolveRequest& request) {
  ASSIGN_OR_RETURN(const auto routes, routes_.Get(request.registry_id));
  ASSIGN_OR_RETURN(const Caller caller, AsOfNow(request.caller));
  RETURN_IF_ERROR(
      CheckPull(caller, request.registry_id, routes.get(),
                request.registry_path.empty()
                    ? errors::RegistryUnknown(absl::StrCat(request.registry_id))
                    : errors::RegistryPathUnknown(request.registry_path),
                VisibleNameOf(request)));
  const absl::Time now = clock_.SteadyNow();
  Resolution resolution;
  int64_t hit_entry_id = 0;
  std::optional<RefreshDue> due;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    Resolving resolving(transaction, request, now);
    resolving.resolution().plan.resolved_at = clock_.SteadyNow();
    for (const UpstreamRoute& route : routes->upstreams)
      RETURN_IF_ERROR(resolving.Add(route));
    RETURN_IF_ERROR(resolving.Finish());
    resolution = std::move(resolving.resolution());
    resolution.plan.group = routes->group;
    hit_entry_id = resolving.hit_entry_id();
    due = std::move(resolving.due());
    return absl::OkStatus();
  }));
  if (hit_entry_id != 0 && request.counts_as_download) {
    downloads_.Count(hit_entry_id, now);
  }
  if (due && request.counts_as_download) refreshes_.Add(*std::move(due), now);
  return resolution;
}

absl::StatusOr<LocatedRegistry> LocalResolver::Locate(absl::string_view path) {
  RETURN_IF_ERROR(Repository::Parse(path).status());
  ASSIGN_OR_RETURN(const auto found,
                   ReadValue<std::optional<LocatedRegistry>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return FindRegistryByPath(transaction, path);
                       }));
  if (!found) return errors::RegistryPathUnknown(path);
  return *found;
}

absl::StatusOr<Caller> LocalResolver::AsOfNow(const Caller& caller) const {
  if (caller.registry_ids.empty() || caller.is_anonymous()) return caller;
  ASSIGN_OR_RETURN(const auto token,
                   ReadValue<std::optional<stored::AccessToken>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindAccessToken(transaction,
                                                        caller.token_id);
                       }));
  Caller now = caller;
  now.registry_ids = {kNoRegistry};  // None at all; empty would be all.
  if (!token) return now;
  for (const int64_t id : token->access_token().registry_ids()) {
    if (absl::c_linear_search(caller.registry_ids, id)) {
      now.registry_ids.push_back(id);
    }
  }
  return now;
}

absl::StatusOr<std::vector<CachedRepository>> LocalResolver::ListRepositories(
    const Caller& shown_caller, int64_t registry_id,
    const CachedRepository& start_after, int max) {
  ASSIGN_OR_RETURN(const Caller caller, AsOfNow(shown_caller));
  std::vector<int64_t> registries = {registry_id};
  if (registry_id == 0) {
    registries.clear();
    RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
      return tables::VisitRegistries(
          transaction, std::max<int64_t>(0, start_after.registry_id - 1),
          [&](const v1::Registry& registry) -> absl::StatusOr<bool> {
            registries.push_back(registry.id());
            return true;
          });
    }));
  }
  std::vector<CachedRepository> repositories;
  for (const int64_t id : registries) {
    ASSIGN_OR_RETURN(const auto routes, routes_.Get(id));
    const absl::Status allowed =
        CheckPull(caller, id, routes.get(),
                  errors::RegistryUnknown(absl::StrCat(id)), absl::StrCat(id));
    if (registry_id == 0 && !allowed.ok()) continue;
    RETURN_IF_ERROR(allowed);
    const bool begun = registry_id != 0 || id == start_after.registry_id;
    RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
      ASSIGN_OR_RETURN(
          const auto found,
          RepositoriesOf(transaction, id, routes->upstreams,
                         begun ? start_after.name : "",
                         static_cast<size_t>(max) - repositories.size()));
      repositories.insert(repositories.end(), found.begin(), found.end());
      return absl::OkStatus();
    }));
    if (static_cast<int>(repositories.size()) >= max) break;
  }
  return repositories;
}

}  // namespace cvr
