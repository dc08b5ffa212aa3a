#ifndef SERVICES_UPSTREAM_API_LIST_PAGE_H_
#define SERVICES_UPSTREAM_API_LIST_PAGE_H_

#include <istream>

#include "services/upstream/api/upstream_list.h"

// Parsers for pages of the lists that registries send. Pure. Memory use is
// proportional to the data that is extracted, whatever the shape of the page.
namespace cvr {

// Adds the tags of `{"name": ..., "tags": ["3.20", ...]}` to `tags` (OCI
// distribution-spec, "Listing Tags"). `"tags": null` means none. Strings that
// are not valid tags and other members are ignored. Returns false if the page
// is not such an object or `tags` is full.
bool ReadTagsPage(std::istream& json, UpstreamList& tags);

// Adds the descriptors of `{"manifests": [{"digest": ...}, ...]}` to
// `referrers` (OCI distribution-spec, "Listing Referrers"), each as a line of
// referrer_line.h with compact JSON. Descriptors without a valid `digest` are
// ignored. Returns false if the page is not such an object, a descriptor is
// larger than limits::kReferrerBytesMax, or `referrers` is full.
bool ReadReferrersPage(std::istream& json, UpstreamList& referrers);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_API_LIST_PAGE_H_
