#include "gateway/request_share.h"

#include <cstdint>
#include <string>

#include "absl/hash/hash.h"
#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/administration.h"
#include "gateway/bearer_challenge.h"
#include "gateway/route.h"
#include "services/common/pull_name.h"

namespace cvr {
namespace {

// Of an id that can be one; others have no lane of their own, since there would
// be as many as anybody likes.
constexpr size_t kIdDigitsMax = 19;

// Lanes of registries that are named: more than run at once, so that two of
// those seldom share one.
constexpr uint64_t kNameLanes = 1024;

absl::string_view PathOf(absl::string_view target) {
  return target.substr(0, target.find('?'));
}

// Lists are made from what upstreams send: whatever `%` may hide is decoded by
// nobody who answers a list.
bool IsList(absl::string_view path) {
  return absl::EndsWith(path, "/tags/list") ||
         absl::StrContains(path, "/referrers/");
}

// Of `<group>/<name>/...`; others have none of their own.
std::string LaneOfName(absl::string_view path) {
  const size_t group = path.find('/');
  const size_t name = group == path.npos ? group : path.find('/', group + 1);
  if (group == 0 || name == path.npos) return "other requests";
  static const uint64_t salt = absl::Uniform<uint64_t>(absl::BitGen());
  return absl::StrCat("name ",
                      absl::HashOf(salt, path.substr(0, name)) % kNameLanes);
}

RequestShare RegistryShare(absl::string_view path, int64_t root_registry_id) {
  RequestShare share;
  if (IsList(path)) share.kind = "lists";
  if (!absl::ConsumePrefix(&path, "/v2/virtual_registries/")) {
    share.lane = absl::StrCat("registry ", root_registry_id);
    return share;
  }
  if (!absl::ConsumePrefix(&path, "containers/")) {
    absl::ConsumePrefix(&path, "container/");
  }
  const absl::string_view id = path.substr(0, path.find('/'));
  if (!IsRegistryNumber(id)) {
    share.lane = LaneOfName(path);
  } else if (id.size() <= kIdDigitsMax) {
    share.lane = absl::StrCat("registry ", id);
  } else {
    share.lane = "other requests";
  }
  return share;
}

}  // namespace

RequestShare ShareOfTarget(absl::string_view target, int64_t root_registry_id) {
  const absl::string_view path = PathOf(target);
  if (path == "/v2" || path == "/v2/" || path == kTokenPath) {
    return {"logins", "", ""};
  }
  if (IsAdministrationTarget(target)) return {"administration", "", ""};
  if (!IsRegistryTarget(target)) return {"other requests", "", ""};
  if (absl::EndsWith(path, "/_catalog")) return {"catalogs", "", ""};
  return RegistryShare(path, root_registry_id);
}

bool IsHealthRequest(const HttpRequest& request) {
  const absl::string_view path = PathOf(request.target);
  return request.is_read() && (path == "/healthz" || path == "/readyz");
}

}  // namespace cvr
