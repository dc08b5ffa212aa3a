#include "gateway/registry/route.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "gateway/message/query.h"
#include "gateway/message/url_text.h"
#include "services/common/errors.h"
#include "services/common/pull_name.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Segments = std::vector<std::string>;

// `/v2/virtual_registries/containers/<id>` comes before the repository, or
// `/v2/virtual_registries/containers/<group>/<name>`.
constexpr size_t kIdPosition = 3;
constexpr size_t kRepositoryPosition = 4;
constexpr size_t kNamedRepositoryPosition = 5;
// `/v2` alone comes before one of the root registry.
constexpr size_t kRootRepositoryPosition = 1;

// How much of a client's text an error repeats.
constexpr size_t kEchoBytesMax = 128;

std::pair<absl::string_view, absl::string_view> SplitQuery(
    absl::string_view target) {
  return absl::StrSplit(target, absl::MaxSplits('?', 1));
}

absl::Status NoSuchEndpoint() {
  return WithReason(
      absl::NotFoundError(
          "unknown path; the pull path is "
          "<host>/virtual_registries/containers/<id>/<image> or "
          "<host>/virtual_registries/containers/<group>/<name>/<image>"),
      Reason::kNameUnknown);
}

absl::StatusOr<Segments> DecodeSegments(absl::string_view path) {
  Segments segments;
  for (const absl::string_view raw : absl::StrSplit(path.substr(1), '/')) {
    auto segment = DecodeSegment(raw);
    if (!segment || absl::StrContains(*segment, '/')) {
      return errors::NameInvalid(Printable(raw, kEchoBytesMax));
    }
    segments.push_back(*std::move(segment));
  }
  return segments;
}

absl::StatusOr<int64_t> ParseRegistryId(absl::string_view text) {
  int64_t id = 0;
  // Only the canonical form: one registry, one number.
  if (text[0] == '0' || !absl::SimpleAtoi(text, &id)) {
    return errors::RegistryUnknown(Printable(text, kEchoBytesMax));
  }
  return id;
}

// Where the parts of an endpoint stand.
struct EndpointPath {
  int64_t registry_id;
  // Everything before `/tags/list` and its kin, and the repository in it.
  absl::Span<const std::string> name;
  absl::Span<const std::string> repository;
  const std::string& kind;
  const std::string& reference;
  std::string source_namespace;
  std::string registry_path;
};

// The registry of a repository, and where the repository begins in the
// segments. `path` is ResolveRequest::registry_path.
struct RegistryPlace {
  int64_t id;
  size_t repository_position;
  std::string path = {};
};

absl::StatusOr<Route> ParseEndpoint(EndpointPath path) {
  ASSIGN_OR_RETURN(const Repository repository,
                   Repository::Parse(absl::StrJoin(path.repository, "/")));
  if (path.kind == "tags") {
    return TagsRoute{path.registry_id, repository,
                     absl::StrJoin(path.name, "/"), path.source_namespace,
                     path.registry_path};
  }
  if (path.kind == "manifests") {
    ASSIGN_OR_RETURN(const Reference reference,
                     Reference::Parse(path.reference));
    return ContentRoute{path.registry_id,
                        {repository, reference, ContentKind::kManifest},
                        path.source_namespace,
                        path.registry_path};
  }
  ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(path.reference));
  if (path.kind == "referrers") {
    return ReferrersRoute{path.registry_id, repository, digest,
                          path.source_namespace, path.registry_path};
  }
  return ContentRoute{path.registry_id,
                      {repository, Reference(digest), ContentKind::kBlob},
                      path.source_namespace,
                      path.registry_path};
}

bool IsEndpoint(absl::string_view kind, absl::string_view name) {
  return kind == "manifests" || kind == "blobs" || kind == "referrers" ||
         (kind == "tags" && name == "list");
}

absl::StatusOr<Route> ParseRepositoryPath(const Segments& segments,
                                          const RegistryPlace& registry,
                                          absl::string_view query) {
  const size_t begin = registry.repository_position;
  const size_t end = segments.size() - 2;
  ASSIGN_OR_RETURN(std::string source_namespace, SourceNamespaceOf(query));
  const auto all = absl::MakeConstSpan(segments);
  return ParseEndpoint({registry.id, all.subspan(1, end - 1),
                        all.subspan(begin, end - begin), segments[end],
                        segments[end + 1], std::move(source_namespace),
                        registry.path});
}

bool HasEndpoint(const Segments& segments, size_t repository_begin) {
  return segments.size() >= repository_begin + 3 &&
         IsEndpoint(segments[segments.size() - 2], segments.back());
}

absl::StatusOr<Route> ParseNumberedPath(const Segments& segments,
                                        absl::string_view query) {
  const bool is_catalog =
      segments.size() == kIdPosition + 2 && segments.back() == "_catalog";
  if (!is_catalog && !HasEndpoint(segments, kRepositoryPosition)) {
    return NoSuchEndpoint();
  }
  ASSIGN_OR_RETURN(const int64_t id, ParseRegistryId(segments[kIdPosition]));
  if (is_catalog) return CatalogRoute{id};
  return ParseRepositoryPath(segments, {id, kRepositoryPosition}, query);
}

// The registry that `path` begins with the name of, or nothing.
absl::StatusOr<std::optional<LocatedRegistry>> Locate(
    absl::Span<const std::string> path, const RouteOptions& options) {
  if (!options.locate) return std::nullopt;
  const auto located = options.locate(absl::StrJoin(path, "/"));
  if (located.ok()) return *located;
  if (absl::IsNotFound(located.status()) ||
      absl::IsInvalidArgument(located.status())) {
    return std::nullopt;
  }
  return located.status();
}

absl::StatusOr<Route> ParseNamedCatalog(absl::Span<const std::string> name,
                                        const RouteOptions& options) {
  ASSIGN_OR_RETURN(const auto located, Locate(name, options));
  // With something behind the name there is no such catalog, whether there is a
  // registry or not.
  const bool is_all =
      located && static_cast<size_t>(located->path_parts) == name.size();
  return CatalogRoute{is_all ? located->id : kNoRegistry,
                      absl::StrJoin(name, "/")};
}

absl::StatusOr<Route> ParseNamedRepository(const Segments& segments,
                                           absl::Span<const std::string> path,
                                           absl::string_view query,
                                           const RouteOptions& options) {
  RegistryPlace registry{kNoRegistry, kNamedRepositoryPosition,
                         absl::StrJoin(path, "/")};
  // Whatever is wrong with the rest is so wherever the repository begins.
  ASSIGN_OR_RETURN(Route route, ParseRepositoryPath(segments, registry, query));
  // The last component is the repository's.
  ASSIGN_OR_RETURN(const auto located,
                   Locate(path.subspan(0, path.size() - 1), options));
  if (!located) return route;
  registry.id = located->id;
  registry.repository_position = kIdPosition + located->path_parts;
  return ParseRepositoryPath(segments, registry, query);
}

absl::StatusOr<Route> ParseNamedPath(const Segments& segments,
                                     absl::string_view query,
                                     const RouteOptions& options) {
  const bool has_endpoint = HasEndpoint(segments, kNamedRepositoryPosition);
  const bool is_catalog = segments.size() > kNamedRepositoryPosition &&
                          segments.back() == "_catalog";
  if (!has_endpoint && !is_catalog) return NoSuchEndpoint();
  const size_t end = segments.size() - (has_endpoint ? 2 : 1);
  const auto path =
      absl::MakeConstSpan(segments).subspan(kIdPosition, end - kIdPosition);
  // As a whole, so that it does not matter where the registry's name ends.
  RETURN_IF_ERROR(Repository::Parse(absl::StrJoin(path, "/")).status());
  if (!has_endpoint) return ParseNamedCatalog(path, options);
  return ParseNamedRepository(segments, path, query, options);
}

absl::StatusOr<Route> ParseVirtualPath(const Segments& segments,
                                       absl::string_view query,
                                       const RouteOptions& options) {
  if (segments.size() <= kIdPosition + 1 ||
      (segments[2] != "containers" && segments[2] != "container")) {
    return NoSuchEndpoint();
  }
  if (IsRegistryNumber(segments[kIdPosition])) {
    return ParseNumberedPath(segments, query);
  }
  return ParseNamedPath(segments, query, options);
}

absl::StatusOr<Route> ParseRegistryPath(const Segments& segments,
                                        absl::string_view query,
                                        const RouteOptions& options) {
  if (segments.size() == 1) return ApiVersionRoute{};
  if (segments.size() == 2 && segments[1].empty()) return ApiVersionRoute{};
  if (segments.size() == 2 && segments[1] == "_catalog") return CatalogRoute{};
  if (segments[1] == "virtual_registries") {
    return ParseVirtualPath(segments, query, options);
  }
  if (options.root_registry_id == 0 ||
      !HasEndpoint(segments, kRootRepositoryPosition)) {
    return NoSuchEndpoint();
  }
  return ParseRepositoryPath(
      segments, {options.root_registry_id, kRootRepositoryPosition}, query);
}

absl::StatusOr<Route> ParsePath(absl::string_view path, absl::string_view query,
                                const RouteOptions& options) {
  if (path == "/") return RootRoute{};
  if (path == "/healthz") return HealthRoute{};
  if (path == "/readyz") return ReadyRoute{};
  if (!IsRegistryTarget(path)) return absl::NotFoundError("not found");
  ASSIGN_OR_RETURN(const Segments segments, DecodeSegments(path));
  return ParseRegistryPath(segments, query, options);
}

}  // namespace

bool IsRegistryTarget(absl::string_view target) {
  const absl::string_view path = SplitQuery(target).first;
  return path == "/v2" || absl::StartsWith(path, "/v2/");
}

absl::StatusOr<ParsedTarget> ParseTarget(absl::string_view target,
                                         const RouteOptions& options) {
  const auto [path, query] = SplitQuery(target);
  ASSIGN_OR_RETURN(Route route, ParsePath(path, query, options));
  return ParsedTarget{std::move(route), std::string(query)};
}

}  // namespace cvr
