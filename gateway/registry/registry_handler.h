#ifndef GATEWAY_REGISTRY_REGISTRY_HANDLER_H_
#define GATEWAY_REGISTRY_REGISTRY_HANDLER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"
#include "gateway/message/query.h"
#include "gateway/registry/route.h"
#include "services/access/caller.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// What registry clients may ask that needs no upstream. Thread-safe; `resolver`
// must outlive it.
class RegistryHandler {
 public:
  // `root_registry_id` as in RouteOptions.
  RegistryHandler(Resolver& resolver, int64_t root_registry_id)
      : resolver_(resolver), root_registry_id_(root_registry_id) {}

  // `/v2/`: this is a registry.
  HttpReply ApiVersion() const;

  // The repositories that something is cached of and `caller` may pull, as a
  // client would name them after this host: those of the root registry by their
  // names alone, and first; all others as
  // `virtual_registries/containers/<id>/<repository>`, by id and then by name.
  // The catalog of a registry that was asked for by its name has that instead
  // of the id. `last` is such a name, or any other in that form.
  HttpReply Catalog(const CatalogRoute& route, absl::string_view query,
                    const Caller& caller);

 private:
  // How a catalog names repositories.
  struct Naming;
  struct Page {
    std::vector<std::string> names;
    bool has_more = false;
  };

  absl::StatusOr<HttpReply> CatalogReply(const CatalogRoute& route,
                                         absl::string_view query,
                                         const Caller& caller);
  absl::StatusOr<Page> ReadPage(const Caller& caller, const Naming& naming,
                                const CachedRepository& after, size_t size);
  absl::StatusOr<std::vector<CachedRepository>> List(const Caller& caller,
                                                     int64_t registry_id,
                                                     CachedRepository after,
                                                     size_t wanted);

  Resolver& resolver_;
  const int64_t root_registry_id_;
};

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_REGISTRY_HANDLER_H_
