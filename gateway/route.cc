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
#include "gateway/url_text.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Segments = std::vector<std::string>;

// `/v2/virtual_registries/containers/<id>` comes before the repository.
constexpr size_t kIdPosition = 3;
constexpr size_t kRepositoryPosition = 4;

// How much of a client's text an error repeats.
constexpr size_t kEchoBytesMax = 128;

// RFC 9112, section 3.2.2: `http://host/path` must be taken like `/path`.
absl::string_view StripAuthority(absl::string_view target) {
  for (const absl::string_view scheme : {"http://", "https://"}) {
    if (!absl::StartsWithIgnoreCase(target, scheme)) continue;
    const size_t path = target.find_first_of("/?", scheme.size());
    if (path == absl::string_view::npos || target[path] == '?') return "/";
    return target.substr(path);
  }
  return target;
}

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

absl::StatusOr<Repository> ParseRepository(absl::Span<const std::string> path) {
  return Repository::Parse(absl::StrJoin(path, "/"));
}

absl::StatusOr<Route> ParseEndpoint(int64_t registry_id,
                                    const Repository& repository,
                                    absl::string_view kind,
                                    absl::string_view name) {
  if (kind == "tags") return TagsRoute{registry_id, repository};
  if (kind == "manifests") {
    ASSIGN_OR_RETURN(const Reference reference, Reference::Parse(name));
    return ContentRoute{registry_id,
                        {repository, reference, ContentKind::kManifest}};
  }
  ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(name));
  if (kind == "referrers") {
    return ReferrersRoute{registry_id, repository, digest};
  }
  return ContentRoute{registry_id,
                      {repository, Reference(digest), ContentKind::kBlob}};
}

bool IsEndpoint(absl::string_view kind, absl::string_view name) {
  return kind == "manifests" || kind == "blobs" || kind == "referrers" ||
         (kind == "tags" && name == "list");
}

absl::StatusOr<Route> ParseRegistryPath(const Segments& segments) {
  if (segments.size() == 1) return ApiVersionRoute{};
  if (segments.size() == 2 && segments[1].empty()) return ApiVersionRoute{};
  if (segments[1] == "_catalog" && segments.size() == 2) {
    return WithReason(
        absl::NotFoundError("a virtual registry has no catalog: it serves "
                            "whatever its upstreams have"),
        Reason::kUnsupported);
  }
  if (segments.size() < kRepositoryPosition + 3 ||
      segments[1] != "virtual_registries" ||
      (segments[2] != "containers" && segments[2] != "container")) {
    return NoSuchEndpoint();
  }
  const std::string& kind = segments[segments.size() - 2];
  const std::string& name = segments.back();
  if (!IsEndpoint(kind, name)) return NoSuchEndpoint();
  ASSIGN_OR_RETURN(const int64_t id, ParseRegistryId(segments[kIdPosition]));
  ASSIGN_OR_RETURN(
      const Repository repository,
      ParseRepository(absl::MakeConstSpan(segments).subspan(
          kRepositoryPosition, segments.size() - kRepositoryPosition - 2)));
  return ParseEndpoint(id, repository, kind, name);
}

absl::StatusOr<Route> ParsePath(absl::string_view path) {
  if (path == "/") return RootRoute{};
  if (path == "/healthz") return HealthRoute{};
  if (path == "/readyz") return ReadyRoute{};
  if (!IsRegistryTarget(path)) return absl::NotFoundError("nothing is here");
  ASSIGN_OR_RETURN(const Segments segments, DecodeSegments(path));
  return ParseRegistryPath(segments);
}

}  // namespace

bool IsRegistryTarget(absl::string_view target) {
  const absl::string_view path = SplitQuery(StripAuthority(target)).first;
  return path == "/v2" || absl::StartsWith(path, "/v2/");
}

absl::StatusOr<ParsedTarget> ParseTarget(absl::string_view target) {
  const auto [path, query] = SplitQuery(StripAuthority(target));
  ASSIGN_OR_RETURN(Route route, ParsePath(path));
  return ParsedTarget{std::move(route), std::string(query)};
}

}  // namespace cvr
