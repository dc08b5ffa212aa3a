#ifndef GATEWAY_REFERRERS_FILTER_H_
#define GATEWAY_REFERRERS_FILTER_H_

#include <istream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

inline constexpr char kIndexMediaType[] =
    "application/vnd.oci.image.index.v1+json";

// An image index without manifests.
std::string EmptyIndex();

// The index in `document` with only those descriptors whose `artifactType` is
// `artifact_type`: distribution-spec, "Listing Referrers". A descriptor without
// one has none: whoever made the index had to fill in the config's media type,
// and what the manifest says is not known here. The rest of a descriptor stays
// as it was. Errors: INTERNAL for what is no index, or one that breaks off.
absl::StatusOr<std::string> FilterReferrers(std::istream& document,
                                            absl::string_view artifact_type);

}  // namespace cvr

#endif  // GATEWAY_REFERRERS_FILTER_H_
