#ifndef GATEWAY_REGISTRY_HANDLER_H_
#define GATEWAY_REGISTRY_HANDLER_H_

#include "gateway/http_message.h"
#include "gateway/route.h"
#include "services/metadata/resolver.h"

namespace cvr {

// What registry clients may ask besides content. Thread-safe; `resolver` must
// outlive it.
class RegistryHandler {
 public:
  explicit RegistryHandler(Resolver& resolver) : resolver_(resolver) {}

  // `/v2/`: this is a registry.
  HttpReply ApiVersion() const;

  // An empty index for any subject of a registry that exists: no referrers are
  // known here yet, and the specification wants 200 for that.
  HttpReply Referrers(const ReferrersRoute& route);

  // 404 UNSUPPORTED: tags are not listed yet.
  HttpReply Tags(const TagsRoute& route) const;

 private:
  Resolver& resolver_;
};

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_HANDLER_H_
