#ifndef GATEWAY_REGISTRY_ROUTE_H_
#define GATEWAY_REGISTRY_ROUTE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/common/reference.h"
#include "services/metadata/api/resolver.h"

// What a request target means. The endpoints' numbers are those of the OCI
// distribution-spec, "Endpoints".
namespace cvr {

struct RootRoute {};        // `/`
struct HealthRoute {};      // `/healthz`
struct ReadyRoute {};       // `/readyz`
struct ApiVersionRoute {};  // `/v2`, `/v2/` (end-1)

// A manifest or a blob (end-2, end-3).
struct ContentRoute {
  int64_t registry_id = 0;
  ContentRef content;
  // `?ns=`, "Registry Proxying": the host that the client believes to pull
  // from, as sent, with a port if it has one. Empty = none was named.
  std::string source_namespace = {};
  // ResolveRequest::registry_path, here and below.
  std::string registry_path = {};
};

// `<repository>/tags/list` (end-8).
struct TagsRoute {
  int64_t registry_id = 0;
  Repository repository;
  // What stood between `/v2/` and `/tags/list`: <name> as the client knows it.
  std::string name;
  std::string source_namespace = {};
  std::string registry_path = {};
};

// `<repository>/referrers/<digest>` (end-12).
struct ReferrersRoute {
  int64_t registry_id = 0;
  Repository repository;
  Digest subject;
  std::string source_namespace = {};
  std::string registry_path = {};
};

// `_catalog`: not OCI, but Docker Registry HTTP API V2.
struct CatalogRoute {
  int64_t registry_id = 0;  // 0 = all registries.
  // `<group>/<name>` as in the target; empty = by its id.
  std::string registry_path = {};
};

using Route =
    std::variant<RootRoute, HealthRoute, ReadyRoute, ApiVersionRoute,
                 ContentRoute, TagsRoute, ReferrersRoute, CatalogRoute>;

struct ParsedTarget {
  Route route;
  std::string query;  // As sent, without the `?`.
};

struct RouteOptions {
  // The registry that answers for repositories at the root, `/v2/<repository>`,
  // as mirrors of the docker engine must. 0 = none does. Everything under
  // `/v2/virtual_registries/` means the same with and without.
  int64_t root_registry_id = 0;
  // Resolver::Locate(). None = no name is known.
  std::function<absl::StatusOr<LocatedRegistry>(absl::string_view path)>
      locate = {};
};

// Reads a target in origin form: see RequestTarget, which makes it so. Segments
// are percent-decoded once, after they are split: an encoded slash never
// becomes a separator. A repository may itself contain `manifests` and the
// like, so the endpoint is read from the right. The path between `containers/`
// and the endpoint begins with a registry's id if its first component is
// digits, and otherwise with a group and a name. `options.locate` looks those
// up, once and only if the rest of the target is valid. A name of no registry
// is not an error: its route has the id kNoRegistry, which is answered like the
// id of a registry that the caller may not see. All other errors depend on the
// target alone, so no error tells whether a registry exists.
//
// Errors: INVALID_ARGUMENT (NAME_INVALID: also a source namespace that is no
// host; DIGEST_INVALID); NOT_FOUND (NAME_UNKNOWN: an invalid registry id, or no
// such endpoint under /v2/; MANIFEST_UNKNOWN: an invalid tag; no reason: not
// under /v2/); those of `options.locate` but NOT_FOUND and INVALID_ARGUMENT.
absl::StatusOr<ParsedTarget> ParseTarget(absl::string_view target,
                                         const RouteOptions& options = {});

// Whether errors about `target` are for registry clients: it is `/v2` or under
// it. Holds for targets that ParseTarget() refuses, too.
bool IsRegistryTarget(absl::string_view target);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_ROUTE_H_
