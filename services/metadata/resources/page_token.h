#ifndef SERVICES_METADATA_RESOURCES_PAGE_TOKEN_H_
#define SERVICES_METADATA_RESOURCES_PAGE_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// Lists go on after a key. To clients the token is opaque; it is bound to the
// list and its filter (`scope`), so that it cannot be used for another.
std::string MakePageToken(absl::string_view scope, absl::string_view last_key);
std::string MakePageToken(absl::string_view scope, int64_t last_id);

// The key or id to go on after; empty or 0 for an empty token.
// Errors: INVALID_ARGUMENT when it is no token of this list.
absl::StatusOr<std::string> ParsePageToken(absl::string_view scope,
                                           absl::string_view token);
absl::StatusOr<int64_t> ParseIdPageToken(absl::string_view scope,
                                         absl::string_view token);

// How many to answer when `page_size` is asked for.
// Errors: INVALID_ARGUMENT when it is negative.
absl::StatusOr<int> PageSize(int page_size);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_PAGE_TOKEN_H_
