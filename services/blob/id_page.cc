#include "services/blob/id_page.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

// Against mistakes, not against attacks: who lists may list everything.
constexpr size_t kCheckBytes = 8;

std::string CheckOf(absl::string_view scope, absl::string_view id) {
  const Digest digest = Digest::OfBytes(absl::StrCat(scope, "\n", id));
  return std::string(digest.raw().substr(0, kCheckBytes));
}

}  // namespace

std::string IdPageToken(absl::string_view scope, int64_t last_id) {
  const std::string id = absl::StrCat(last_id);
  return absl::WebSafeBase64Escape(absl::StrCat(CheckOf(scope, id), id));
}

absl::StatusOr<IdPage> ParseIdPage(absl::string_view scope, int page_size,
                                   absl::string_view page_token) {
  if (page_size < 0) {
    return errors::FieldInvalid("page_size", "must not be negative");
  }
  IdPage page;
  page.size = static_cast<size_t>(
      page_size == 0 ? limits::kPageSizeDefault
                     : std::min(page_size, limits::kPageSizeMax));
  if (page_token.empty()) return page;
  std::string bytes;
  if (absl::WebSafeBase64Unescape(page_token, &bytes) &&
      bytes.size() > kCheckBytes) {
    const std::string id = bytes.substr(kCheckBytes);
    if (CheckOf(scope, id) == bytes.substr(0, kCheckBytes) &&
        absl::SimpleAtoi(id, &page.after)) {
      return page;
    }
  }
  return errors::FieldInvalid("page_token",
                              "is not a page token of this list request");
}

}  // namespace cvr
