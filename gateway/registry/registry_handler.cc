#include "gateway/registry/registry_handler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/message/json_text.h"
#include "gateway/registry/http_error.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr char kVirtualPrefix[] = "virtual_registries/containers/";

HttpReply JsonReply(std::string body) {
  HttpReply reply;
  reply.fields.Add("Content-Type", "application/json");
  reply.body = std::move(body);
  return reply;
}

}  // namespace

struct RegistryHandler::Naming {
  int64_t registry_id;  // 0 = all.
  int64_t bare_id;      // Whose repositories have no prefix; 0 = nobody's.
  std::string registry_path;  // Stands for the only registry's id; or empty.

  // What the names of a registry begin with.
  std::string PrefixOf(int64_t id) const {
    return absl::StrCat(
        kVirtualPrefix,
        registry_path.empty() ? absl::StrCat(id) : registry_path, "/");
  }

  std::string NameOf(const CachedRepository& repository) const {
    if (repository.registry_id == bare_id) return repository.name;
    return absl::StrCat(PrefixOf(repository.registry_id), repository.name);
  }

  // The place that `name` has in the order; absent when it can have none.
  std::optional<CachedRepository> PlaceOf(absl::string_view name) const {
    CachedRepository place;
    if (!registry_path.empty()) {
      if (!absl::ConsumePrefix(&name, PrefixOf(registry_id))) {
        return std::nullopt;
      }
      return CachedRepository{registry_id, std::string(name)};
    }
    if (!absl::ConsumePrefix(&name, kVirtualPrefix)) {
      if (bare_id == 0) return std::nullopt;
      return CachedRepository{bare_id, std::string(name)};
    }
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(name, absl::MaxSplits('/', 1));
    if (!absl::SimpleAtoi(parts.first, &place.registry_id) ||
        place.registry_id <= 0 ||
        (registry_id != 0 && place.registry_id != registry_id)) {
      return std::nullopt;
    }
    place.name = std::string(parts.second);
    return place;
  }
};

HttpReply RegistryHandler::ApiVersion() const { return JsonReply("{}"); }

HttpReply RegistryHandler::Catalog(const CatalogRoute& route,
                                   absl::string_view query,
                                   const Caller& caller) {
  auto reply = CatalogReply(route, query, caller);
  return reply.ok() ? *std::move(reply) : ErrorReply(reply.status());
}

absl::StatusOr<HttpReply> RegistryHandler::CatalogReply(
    const CatalogRoute& route, absl::string_view query, const Caller& caller) {
  ASSIGN_OR_RETURN(PageRequest page, ParsePageRequest(query));
  const Naming naming{route.registry_id,
                      route.registry_id == 0 ? root_registry_id_ : 0,
                      route.registry_path};
  std::optional<CachedRepository> after = CachedRepository{naming.bare_id, ""};
  if (!page.last.empty()) after = naming.PlaceOf(page.last);
  if (!after) {
    return errors::FieldInvalid(
        "last", "must be a repository name as returned by this catalog");
  }
  page.n = std::min<uint64_t>(page.n.value_or(limits::kPageSizeMax),
                              limits::kPageSizeMax);
  auto listed_or = ReadPage(caller, naming, *after, *page.n);
  if (absl::IsNotFound(listed_or.status()) && !route.registry_path.empty()) {
    // Whether there is such a registry or not, its number is not told.
    return errors::RegistryPathUnknown(route.registry_path);
  }
  ASSIGN_OR_RETURN(const Page listed, std::move(listed_or));
  std::string body = "{\"repositories\":";
  AppendJsonArray(listed.names, body);
  HttpReply reply = JsonReply(body + "}");
  if (listed.has_more) {
    page.last = listed.names.back();
    const std::string prefix =
        route.registry_id == 0 ? "" : naming.PrefixOf(route.registry_id);
    reply.fields.Add(
        "Link", NextPageLink(absl::StrCat("/v2/", prefix, "_catalog"), page,
                             /*source_namespace=*/""));
  }
  return reply;
}

// One more is read than is shown, to know whether there is more.
absl::StatusOr<RegistryHandler::Page> RegistryHandler::ReadPage(
    const Caller& caller, const Naming& naming, const CachedRepository& after,
    size_t size) {
  const size_t wanted = size + 1;
  std::vector<CachedRepository> found;
  CachedRepository start = after;
  const bool bare_first =
      naming.bare_id != 0 && after.registry_id == naming.bare_id;
  if (bare_first) {
    // A root registry that is gone, or not for this caller, has nothing; the
    // others still have.
    auto bare = List(caller, naming.bare_id, after, wanted);
    if (!bare.ok() && !absl::IsNotFound(bare.status()) &&
        !absl::IsUnauthenticated(bare.status())) {
      return bare.status();
    }
    if (bare.ok()) found = *std::move(bare);
    start = {};
  }
  while (found.size() < wanted) {
    ASSIGN_OR_RETURN(const auto others,
                     List(caller, naming.registry_id, start, wanted));
    for (const CachedRepository& repository : others) {
      start = repository;
      if (repository.registry_id != naming.bare_id) found.push_back(repository);
    }
    if (others.size() < wanted) break;
  }
  Page page;
  page.has_more = size > 0 && found.size() > size;
  found.resize(std::min(found.size(), size));
  for (const auto& repository : found) {
    page.names.push_back(naming.NameOf(repository));
  }
  return page;
}

// As many as are wanted, unless there are no more.
absl::StatusOr<std::vector<CachedRepository>> RegistryHandler::List(
    const Caller& caller, int64_t registry_id, CachedRepository after,
    size_t wanted) {
  std::vector<CachedRepository> all;
  while (all.size() < wanted) {
    const int max = static_cast<int>(
        std::min<size_t>(limits::kPageSizeMax, wanted - all.size()));
    ASSIGN_OR_RETURN(
        auto some, resolver_.ListRepositories(caller, registry_id, after, max));
    if (some.empty()) break;
    after = some.back();
    all.insert(all.end(), some.begin(), some.end());
    if (some.size() < static_cast<size_t>(max)) break;
  }
  return all;
}

}  // namespace cvr
