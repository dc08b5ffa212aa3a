#ifndef GATEWAY_REGISTRY_CONDITIONS_H_
#define GATEWAY_REGISTRY_CONDITIONS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/digest.h"

// Preconditions and content negotiation of a pull. All pure.
namespace cvr {

// The strong entity tag of content: its digest, quoted.
std::string EntityTagOf(const Digest& digest);

// Whether an If-None-Match value (RFC 9110, section 13.1.2) names `digest`:
// one or several tags, weak or strong, or `*`. Unquoted digests count as well,
// since some registries send them so and their clients repeat them.
bool NamesDigest(absl::string_view if_none_match, const Digest& digest);

// Whether a Range may be honoured under this If-Range value (section 13.1.5):
// only for exactly the strong tag of `digest`. A date never matches, since
// content has none.
bool IfRangeHolds(absl::string_view if_range, const Digest& digest);

// Whether an Accept value (section 12.5.1) takes `media_type`, which has no
// parameters. An empty Accept takes everything.
bool Accepts(absl::string_view accept, absl::string_view media_type);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_CONDITIONS_H_
