#include "gateway/registry/request_share.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/http/administration.h"
#include "gateway/registry/bearer_challenge.h"
#include "gateway/registry/route.h"
#include "services/common/pull_name.h"

namespace cvr {
namespace {

// Of an id that can be one; others have no queue of their own, since there
// would be as many as anybody likes.
constexpr size_t kIdDigitsMax = 19;

absl::string_view PathOf(absl::string_view target) {
  return target.substr(0, target.find('?'));
}

// Lists are made from what upstreams send: whatever `%` may hide is decoded by
// nobody who answers a list.
bool IsList(absl::string_view path) {
  return absl::EndsWith(path, "/tags/list") ||
         absl::StrContains(path, "/referrers/");
}

RequestShare RegistryShare(absl::string_view path, int64_t root_registry_id,
                           const RegistryQueues& queues) {
  RequestShare share;
  if (IsList(path)) share.kind = "lists";
  if (!absl::ConsumePrefix(&path, "/v2/virtual_registries/")) {
    share.queue = QueueOfRegistry(absl::StrCat(root_registry_id));
    return share;
  }
  if (!absl::ConsumePrefix(&path, "containers/")) {
    absl::ConsumePrefix(&path, "container/");
  }
  const absl::string_view id = path.substr(0, path.find('/'));
  if (!IsRegistryNumber(id)) {
    share.queue = queues.QueueOf(path);
  } else if (id.size() <= kIdDigitsMax) {
    share.queue = QueueOfRegistry(id);
  } else {
    share.queue = "other requests";
  }
  return share;
}

}  // namespace

RequestShare ShareOfTarget(absl::string_view target, int64_t root_registry_id,
                           const RegistryQueues& queues) {
  const absl::string_view path = PathOf(target);
  if (path == "/v2" || path == "/v2/" || path == kTokenPath) {
    return {"logins", "", ""};
  }
  if (IsAdministrationTarget(target)) return {"administration", "", ""};
  if (!IsRegistryTarget(target)) return {"other requests", "", ""};
  if (absl::EndsWith(path, "/_catalog")) return {"catalogs", "", ""};
  return RegistryShare(path, root_registry_id, queues);
}

bool IsHealthRequest(const HttpRequest& request) {
  const absl::string_view path = PathOf(request.target);
  return request.is_read() && (path == "/healthz" || path == "/readyz");
}

}  // namespace cvr
