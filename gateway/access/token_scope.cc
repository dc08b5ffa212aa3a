#include "gateway/access/token_scope.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Kind = TokenAccess::Kind;

constexpr absl::string_view kCatalogName = "catalog";

// What needs no decoding in a URL.
bool IsPlainName(absl::string_view name) {
  return absl::c_all_of(name, [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' ||
           c == '/';
  });
}

bool AsksToRead(absl::string_view actions) {
  for (const absl::string_view action : absl::StrSplit(actions, ',')) {
    if (action == "pull" || action == "*") return true;
  }
  return false;
}

// By the same parser as requests, so that both mean the same repository.
absl::StatusOr<std::optional<TokenAccess>> ParseRepository(
    absl::string_view name, const RouteOptions& options) {
  if (name.size() > limits::kRepositoryCharsMax * 2 || !IsPlainName(name)) {
    return std::nullopt;
  }
  const auto parsed =
      ParseTarget(absl::StrCat("/v2/", name, "/tags/list"), options);
  if (!parsed.ok()) {
    // The name is no good, or the service that knows names is away.
    if (absl::IsNotFound(parsed.status()) ||
        absl::IsInvalidArgument(parsed.status())) {
      return std::nullopt;
    }
    return parsed.status();
  }
  const auto* const route = std::get_if<TagsRoute>(&parsed->route);
  if (route == nullptr) return std::nullopt;
  return TokenAccess{Kind::kRepository, route->registry_id,
                     route->repository.name(), std::string(name)};
}

// A name may itself hold colons: the type ends at the first, and the actions
// begin after the last.
absl::StatusOr<std::optional<TokenAccess>> ParseScope(
    absl::string_view scope, const RouteOptions& options) {
  const size_t first = scope.find(':');
  const size_t last = scope.rfind(':');
  if (first == scope.npos || first == last) return std::nullopt;
  const absl::string_view type = scope.substr(0, first);
  const absl::string_view name = scope.substr(first + 1, last - first - 1);
  const absl::string_view actions = scope.substr(last + 1);
  if (type == "registry" && name == kCatalogName && actions == "*") {
    return TokenAccess{Kind::kCatalog, 0, "", std::string(name)};
  }
  if (type != "repository" || !AsksToRead(actions)) return std::nullopt;
  return ParseRepository(name, options);
}

}  // namespace

absl::StatusOr<std::vector<TokenAccess>> ParseScopes(
    const Form& form, const RouteOptions& options) {
  std::vector<TokenAccess> wanted;
  std::set<absl::string_view> seen;
  // What names a repository may cost a question, whether it is one that was
  // named before or not.
  size_t named = 0;
  for (const auto& [key, value] : form.pairs()) {
    if (key != "scope") continue;
    for (const absl::string_view scope :
         absl::StrSplit(value, ' ', absl::SkipEmpty())) {
      if (named == limits::kTokenAccessMax) return wanted;
      if (!seen.insert(scope).second) continue;
      ASSIGN_OR_RETURN(auto access, ParseScope(scope, options));
      if (!access) continue;
      ++named;
      if (!absl::c_linear_search(wanted, *access)) {
        wanted.push_back(*std::move(access));
      }
    }
  }
  return wanted;
}

std::string ScopeFor(const TokenAccess& access) {
  return access.kind == Kind::kCatalog
             ? "registry:catalog:*"
             : absl::StrCat("repository:", access.name, ":pull");
}

std::optional<TokenAccess> AccessNeededBy(const Route& route) {
  const auto of = [](int64_t registry_id, const Repository& repository) {
    return TokenAccess{Kind::kRepository, registry_id, repository.name(), ""};
  };
  if (const auto* const content = std::get_if<ContentRoute>(&route)) {
    return of(content->registry_id, content->content.repository);
  }
  if (const auto* const tags = std::get_if<TagsRoute>(&route)) {
    return of(tags->registry_id, tags->repository);
  }
  if (const auto* const referrers = std::get_if<ReferrersRoute>(&route)) {
    return of(referrers->registry_id, referrers->repository);
  }
  if (std::holds_alternative<CatalogRoute>(route)) {
    return TokenAccess{Kind::kCatalog, 0, "", ""};
  }
  return std::nullopt;
}

bool Opens(absl::Span<const TokenAccess> access, const Route& route) {
  const auto needed = AccessNeededBy(route);
  return !needed || absl::c_linear_search(access, *needed);
}

absl::StatusOr<LocatedRegistry> LocateIn(absl::Span<const TokenAccess> access,
                                         absl::string_view path) {
  for (const TokenAccess& one : access) {
    absl::string_view name = one.name;
    if (one.kind != Kind::kRepository ||
        !(absl::ConsumePrefix(&name, "virtual_registries/containers/") ||
          absl::ConsumePrefix(&name, "virtual_registries/container/")) ||
        !absl::ConsumeSuffix(&name, absl::StrCat("/", one.repository)) ||
        !absl::StartsWith(absl::StrCat(path, "/"), absl::StrCat(name, "/"))) {
      continue;
    }
    const auto slashes = std::count(name.begin(), name.end(), '/');
    return LocatedRegistry{one.registry_id, static_cast<int>(slashes) + 1};
  }
  return absl::NotFoundError("the token is not for it");
}

}  // namespace cvr
