// Whatever a client puts into a request line is understood or refused, and what
// is understood is unambiguous.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/registry/route.h"
#include "services/common/errors.h"
#include "tests/fuzz/check.h"

namespace cvr {
namespace {

constexpr int64_t kRootRegistry = 7;

// Registry 8 is called `a/b`, registry 9 `a/c/d`.
absl::StatusOr<LocatedRegistry> Locate(absl::string_view path) {
  // What is asked for can be the path of a repository.
  FUZZ_CHECK(Repository::Parse(path).ok());
  const std::string slashed = absl::StrCat(path, "/");
  if (absl::StartsWith(slashed, "a/b/")) return LocatedRegistry{8, 2};
  if (absl::StartsWith(slashed, "a/c/d/")) return LocatedRegistry{9, 3};
  return absl::NotFoundError("none");
}

// The path as it was sent ends with what it was found to ask for.
void CheckPath(const std::string& path, const std::string& repository) {
  FUZZ_CHECK(path.empty() || Repository::Parse(path).ok());
  FUZZ_CHECK(path.empty() || absl::EndsWith(path, "/" + repository));
}

void CheckContent(const ContentRoute& route) {
  FUZZ_CHECK(route.registry_id > 0);
  const std::string canonical =
      absl::StrCat("/v2/virtual_registries/containers/", route.registry_id,
                   route.content.RelativePath());
  const auto again = ParseTarget(canonical, {kRootRegistry});
  FUZZ_CHECK(again.ok());
  const auto* same = std::get_if<ContentRoute>(&again->route);
  FUZZ_CHECK(same != nullptr && same->registry_id == route.registry_id);
  FUZZ_CHECK(same->content.repository == route.content.repository);
  FUZZ_CHECK(same->content.reference == route.content.reference);
  FUZZ_CHECK(same->content.kind == route.content.kind);
}

void CheckHost(const std::string& source_namespace) {
  for (const char c : source_namespace) {
    FUZZ_CHECK(absl::ascii_isalnum(c) ||
               absl::StrContains("-._:[]", absl::string_view(&c, 1)));
  }
}

// What goes into our replies as it came.
void CheckTags(const TagsRoute& route) {
  FUZZ_CHECK(route.registry_id > 0);
  FUZZ_CHECK(
      route.name == route.repository.name() ||
      absl::EndsWith(route.name, absl::StrCat("/", route.repository.name())));
  for (const char c : route.name) {
    FUZZ_CHECK(absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
               absl::StrContains("-._/", absl::string_view(&c, 1)));
  }
}

void CheckRoute(const Route& route) {
  if (const auto* content = std::get_if<ContentRoute>(&route)) {
    CheckContent(*content);
    CheckPath(content->registry_path, content->content.repository.name());
    CheckHost(content->source_namespace);
  } else if (const auto* tags = std::get_if<TagsRoute>(&route)) {
    CheckTags(*tags);
    CheckPath(tags->registry_path, tags->repository.name());
    CheckHost(tags->source_namespace);
  } else if (const auto* referrers = std::get_if<ReferrersRoute>(&route)) {
    CheckHost(referrers->source_namespace);
  }
}

void CheckError(absl::string_view target, const absl::Status& status) {
  for (const char c : status.message()) FUZZ_CHECK(c >= ' ' && c <= '~');
  FUZZ_CHECK(status.message().size() < 1000);
  FUZZ_CHECK(!IsRegistryTarget(target) || ReasonOf(status) != Reason::kNone);
}

}  // namespace
}  // namespace cvr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view target(reinterpret_cast<const char*>(data), size);
  for (const int64_t root : {int64_t{0}, cvr::kRootRegistry}) {
    const auto parsed = cvr::ParseTarget(target, {root, cvr::Locate});
    if (parsed.ok()) {
      cvr::CheckRoute(parsed->route);
    } else {
      cvr::CheckError(target, parsed.status());
    }
  }
  return 0;
}
