#include "gateway/route.h"

#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "gateway/query.h"
#include "gateway/url_text.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Segments = std::vector<std::string>;

// `/v2/virtual_registries/containers/<id>` comes before the repository.
constexpr size_t kIdPosition = 3;
constexpr size_t kRepositoryPosition = 4;
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
      absl::NotFoundError("no such endpoint; pull from "
                          "<host>/virtual_registries/containers/<id>/<image>"),
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
  // Only the canonical form: one registry, one URL.
  const bool digits =
      !text.empty() && absl::c_all_of(text, absl::ascii_isdigit);
  if (!digits || text[0] == '0' || !absl::SimpleAtoi(text, &id)) {
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
};

absl::StatusOr<Route> ParseEndpoint(EndpointPath path) {
  ASSIGN_OR_RETURN(const Repository repository,
                   Repository::Parse(absl::StrJoin(path.repository, "/")));
  if (path.kind == "tags") {
    return TagsRoute{path.registry_id, repository,
                     absl::StrJoin(path.name, "/"), path.source_namespace};
  }
  if (path.kind == "manifests") {
    ASSIGN_OR_RETURN(const Reference reference,
                     Reference::Parse(path.reference));
    return ContentRoute{path.registry_id,
                        {repository, reference, ContentKind::kManifest},
                        path.source_namespace};
  }
  ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(path.reference));
  if (path.kind == "referrers") {
    return ReferrersRoute{path.registry_id, repository, digest,
                          path.source_namespace};
  }
  return ContentRoute{path.registry_id,
                      {repository, Reference(digest), ContentKind::kBlob},
                      path.source_namespace};
}

bool IsEndpoint(absl::string_view kind, absl::string_view name) {
  return kind == "manifests" || kind == "blobs" || kind == "referrers" ||
         (kind == "tags" && name == "list");
}

// The repository starts at `begin` in `segments`.
absl::StatusOr<Route> ParseRepositoryPath(const Segments& segments,
                                          size_t begin, int64_t registry_id,
                                          absl::string_view query) {
  const size_t end = segments.size() - 2;
  ASSIGN_OR_RETURN(std::string source_namespace, SourceNamespaceOf(query));
  const auto all = absl::MakeConstSpan(segments);
  return ParseEndpoint({registry_id, all.subspan(1, end - 1),
                        all.subspan(begin, end - begin), segments[end],
                        segments[end + 1], std::move(source_namespace)});
}

bool HasEndpoint(const Segments& segments, size_t repository_begin) {
  return segments.size() >= repository_begin + 3 &&
         IsEndpoint(segments[segments.size() - 2], segments.back());
}

absl::StatusOr<Route> ParseVirtualPath(const Segments& segments,
                                       absl::string_view query) {
  if (segments.size() <= kIdPosition + 1 ||
      (segments[2] != "containers" && segments[2] != "container")) {
    return NoSuchEndpoint();
  }
  const bool is_catalog =
      segments.size() == kIdPosition + 2 && segments.back() == "_catalog";
  if (!is_catalog && !HasEndpoint(segments, kRepositoryPosition)) {
    return NoSuchEndpoint();
  }
  ASSIGN_OR_RETURN(const int64_t id, ParseRegistryId(segments[kIdPosition]));
  if (is_catalog) return CatalogRoute{id};
  return ParseRepositoryPath(segments, kRepositoryPosition, id, query);
}

absl::StatusOr<Route> ParseRegistryPath(const Segments& segments,
                                        absl::string_view query,
                                        const RouteOptions& options) {
  if (segments.size() == 1) return ApiVersionRoute{};
  if (segments.size() == 2 && segments[1].empty()) return ApiVersionRoute{};
  if (segments.size() == 2 && segments[1] == "_catalog") return CatalogRoute{};
  if (segments[1] == "virtual_registries") {
    return ParseVirtualPath(segments, query);
  }
  if (options.root_registry_id == 0 ||
      !HasEndpoint(segments, kRootRepositoryPosition)) {
    return NoSuchEndpoint();
  }
  return ParseRepositoryPath(segments, kRootRepositoryPosition,
                             options.root_registry_id, query);
}

absl::StatusOr<Route> ParsePath(absl::string_view path, absl::string_view query,
                                const RouteOptions& options) {
  if (path == "/") return RootRoute{};
  if (path == "/healthz") return HealthRoute{};
  if (path == "/readyz") return ReadyRoute{};
  if (!IsRegistryTarget(path)) return absl::NotFoundError("nothing is here");
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
