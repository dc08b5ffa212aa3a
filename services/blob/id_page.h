#ifndef SERVICES_BLOB_ID_PAGE_H_
#define SERVICES_BLOB_ID_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// One page of a list that is sorted by id and whose items come and go.
struct IdPage {
  int64_t after = 0;  // Only items with a greater id.
  size_t size = 0;    // At most so many.
};

// What a request asks for: `page_size` 0 = 100, more than 1000 = 1000. `scope`
// names the list and its filter: a token of another one is refused. Pure.
// Errors: INVALID_ARGUMENT with the field that is wrong.
absl::StatusOr<IdPage> ParseIdPage(absl::string_view scope, int page_size,
                                   absl::string_view page_token);

// The token for what follows the item with that id. Pure.
std::string IdPageToken(absl::string_view scope, int64_t last_id);

}  // namespace cvr

#endif  // SERVICES_BLOB_ID_PAGE_H_
