#ifndef SERVICES_UPSTREAM_LIST_PAGE_H_
#define SERVICES_UPSTREAM_LIST_PAGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// What the pages of registries' lists hold. Pure, and in memory and time no
// worse than in proportion to the page, whatever its shape.
namespace cvr {

// `{"name": ..., "tags": ["3.20", ...]}`: OCI distribution-spec, "Listing
// Tags". `null` is no tags; what can be no tag, and other members, are left
// out. Nothing for what is no such object.
std::optional<std::vector<std::string>> ParseTagsPage(absl::string_view json);

// `{"manifests": [{"digest": ...}, ...]}`: OCI distribution-spec, "Listing
// Referrers". Each descriptor as its JSON text without needless spaces; what
// has no valid `digest` is left out. Nothing for what is no such object.
std::optional<std::vector<std::string>> ParseReferrersPage(
    absl::string_view json);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_LIST_PAGE_H_
