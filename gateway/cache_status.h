#ifndef GATEWAY_CACHE_STATUS_H_
#define GATEWAY_CACHE_STATUS_H_

#include "absl/strings/string_view.h"
#include "services/blob/content_source.h"

namespace cvr {

// The Cache-Status value (RFC 9211) for content come by so. `stored` is whether
// what came from an upstream stays here: not so after a HEAD.
absl::string_view CacheStatusOf(ContentOrigin origin, bool stored);

}  // namespace cvr

#endif  // GATEWAY_CACHE_STATUS_H_
