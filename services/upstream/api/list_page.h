#ifndef SERVICES_UPSTREAM_API_LIST_PAGE_H_
#define SERVICES_UPSTREAM_API_LIST_PAGE_H_

#include <istream>

#include "services/upstream/api/upstream_list.h"

// What the pages of registries' lists hold. Pure. In memory they cost what is
// taken from them, whatever their shape.
namespace cvr {

// Adds the tags of `{"name": ..., "tags": ["3.20", ...]}`: OCI
// distribution-spec, "Listing Tags". `null` is no tags; what can be no tag, and
// other members, are left out. False for what is no such object, and when
// `tags` takes no more.
bool ReadTagsPage(std::istream& json, UpstreamList& tags);

// Adds those of `{"manifests": [{"digest": ...}, ...]}`: OCI distribution-spec,
// "Listing Referrers". Each as a line of referrer_line.h, its descriptor
// without needless spaces; what has no valid `digest` is left out. False for
// what is no such object, for a descriptor beyond limits::kReferrerBytesMax,
// and when `referrers` takes no more.
bool ReadReferrersPage(std::istream& json, UpstreamList& referrers);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_API_LIST_PAGE_H_
