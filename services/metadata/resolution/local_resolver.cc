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
#include "services/metadata/resolution/pull_decision.h"
#include "services/metadata/resolution/registry_path.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/reachability_tables.h"
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

// The tag whose entry answers, if it is to be refreshed ahead by now.
std::optional<RefreshDue> DueSoon(const ResolveRequest& request,
                                  const RouteVerdict& hit, absl::Time now) {
  const auto& [candidate, entry_id, fresh_until, stale_until, denied_until] =
      hit.known;
  if (!hit.route->refresh_ahead || fresh_until == absl::InfiniteFuture()) {
    return std::nullopt;
  }
  const absl::Duration validity =
      fresh_until - candidate.cached->last_check_time;
  if (now < fresh_until - kRefreshAheadShare * validity) return std::nullopt;
  RefreshDue due{candidate.ContentOf(request.content), candidate};
  due.candidate.cached->fresh = false;
  return due;
}

// Why there is no candidate.
absl::Status WhyNothing(const ResolveRequest& request,
                        const PullDecision& decision) {
  using Kind = RouteVerdict::Kind;
  const std::string registry = VisibleNameOf(request);
  bool serves_anything = false;
  for (const RouteVerdict& verdict : decision.verdicts) {
    serves_anything = serves_anything || verdict.kind != Kind::kDisabled;
    if (verdict.kind != Kind::kExcluded) continue;
    return WithReason(absl::PermissionDeniedError(
                          absl::StrCat(request.content.RelativePath(),
                                       " is excluded: ", verdict.why_excluded)),
                      Reason::kDenied);
  }
  if (!serves_anything) return errors::RegistryUnknown(registry);
  return WithResource(
      WithReason(absl::NotFoundError(absl::StrCat(
                     "registry ", registry,
                     " has no upstream with the source namespace '",
                     request.source_namespace, "'")),
                 Reason::kNameUnknown),
      {"registry", registry});
}

// What a decision means for a resolver's caller and for this service.
struct Resolved {
  Resolution resolution;
  int64_t hit_entry_id = 0;
  std::optional<RefreshDue> due;
};

Resolved Render(const ResolveRequest& request, PullDecision decision,
                absl::Time now) {
  Resolved resolved;
  if (decision.hit) {
    const RouteVerdict& hit = decision.verdicts[*decision.hit];
    resolved.resolution.hit =
        Hit{hit.known.candidate.cached->target, hit.route->upstream_id};
    resolved.hit_entry_id = hit.known.entry_id;
    resolved.due = DueSoon(request, hit, now);
  }
  for (const size_t index : decision.order) {
    resolved.resolution.plan.candidates.push_back(
        std::move(decision.verdicts[index].known.candidate));
  }
  return resolved;
}

// The repositories of one registry, in order, that somebody may pull.
absl::StatusOr<std::vector<CachedRepository>> RepositoriesOf(
    const ReadTransaction& transaction, int64_t registry_id,
    const Routes& routes, const std::string& start_after, size_t max) {
  std::set<std::string> names;
  for (const UpstreamRoute& route : routes) {
    if (route.disabled) continue;
    size_t left = max;
    RETURN_IF_ERROR(tables::VisitRepositories(
        transaction, route.upstream_id, route.purge_mark, start_after,
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
  Resolved resolved;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    const absl::Time resolved_at = clock_.SteadyNow();
    ASSIGN_OR_RETURN(auto decision,
                     DecidePull(transaction, routes->upstreams, request.content,
                                request.source_namespace, now));
    if (decision.order.empty()) return WhyNothing(request, decision);
    resolved = Render(request, std::move(decision), now);
    resolved.resolution.plan.resolved_at = resolved_at;
    return absl::OkStatus();
  }));
  resolved.resolution.plan.group = routes->group;
  if (resolved.hit_entry_id != 0 && request.counts_as_pull) {
    pulls_.Count(resolved.hit_entry_id, now);
  }
  if (resolved.due && request.counts_as_pull) {
    refreshes_.Add(*std::move(resolved.due), now);
  }
  return std::move(resolved.resolution);
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
          [&](const stored::Registry& registry) -> absl::StatusOr<bool> {
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
