#ifndef GATEWAY_REGISTRY_CACHE_STATUS_H_
#define GATEWAY_REGISTRY_CACHE_STATUS_H_

#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"
#include "services/blob/api/content_source.h"

namespace cvr {

// The Cache-Status value (RFC 9211) for content come by so. `stored` is whether
// what came from an upstream stays here: not so after a HEAD.
absl::string_view CacheStatusOf(ContentOrigin origin, bool stored);

// Adds Cache-Status and, for what is stale, Warning as the distribution-spec
// wants it ("Warnings": code 299, agent `-`, no date).
void AddOrigin(HttpFields& fields, ContentOrigin origin, bool stored);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_CACHE_STATUS_H_
