#ifndef GATEWAY_REGISTRY_CACHE_STATUS_H_
#define GATEWAY_REGISTRY_CACHE_STATUS_H_

#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"
#include "services/blob/api/content_source.h"

namespace cvr {

// The value of the Cache-Status header (RFC 9211) for a response. `stored` is
// whether content from an upstream was stored; that of a HEAD request is not.
absl::string_view CacheStatusField(CacheStatus cache_status, bool stored);

// Adds the Cache-Status header and, for a stale response, a Warning header as
// the distribution-spec defines it ("Warnings": code 299, agent `-`, no date).
void AddCacheStatus(HttpFields& fields, CacheStatus cache_status, bool stored);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_CACHE_STATUS_H_
