#ifndef GATEWAY_ROUTE_H_
#define GATEWAY_ROUTE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/common/reference.h"

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
};

// `<repository>/tags/list` (end-8).
struct TagsRoute {
  int64_t registry_id = 0;
  Repository repository;
};

// `<repository>/referrers/<digest>` (end-12).
struct ReferrersRoute {
  int64_t registry_id = 0;
  Repository repository;
  Digest subject;
};

using Route = std::variant<RootRoute, HealthRoute, ReadyRoute, ApiVersionRoute,
                           ContentRoute, TagsRoute, ReferrersRoute>;

struct ParsedTarget {
  Route route;
  std::string query;  // As sent, without the `?`.
};

// Reads the target as it stood in the request line, in origin or absolute form.
// Segments are percent-decoded once, after they are split: an encoded slash
// never becomes a separator. A repository may itself contain `manifests` and
// the like, so the endpoint is read from the right.
// Errors: INVALID_ARGUMENT (NAME_INVALID, DIGEST_INVALID); NOT_FOUND
// (NAME_UNKNOWN: a registry id that is none, or no such endpoint under /v2/;
// MANIFEST_UNKNOWN: what can be no tag; UNSUPPORTED: the catalog; no reason:
// not under /v2/).
absl::StatusOr<ParsedTarget> ParseTarget(absl::string_view target);

// Whether errors about `target` are for registry clients: it is `/v2` or under
// it. Holds for targets that ParseTarget() refuses, too.
bool IsRegistryTarget(absl::string_view target);

}  // namespace cvr

#endif  // GATEWAY_ROUTE_H_
