#include "services/metadata/resources/page_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"

namespace cvr {
namespace {

// Against mistakes, not against attacks: who lists may list everything.
constexpr size_t kCheckBytes = 8;

std::string CheckOf(absl::string_view scope, absl::string_view key) {
  const Digest digest =
      Digest::OfBytes(KeyBuilder().String(scope).Rest(key).Build());
  return std::string(digest.raw().substr(0, kCheckBytes));
}

}  // namespace

std::string MakePageToken(absl::string_view scope, absl::string_view last_key) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(CheckOf(scope, last_key), last_key));
}

std::string MakePageToken(absl::string_view scope, int64_t last_id) {
  return MakePageToken(scope, KeyBuilder().Int(last_id).Build());
}

absl::StatusOr<std::string> ParsePageToken(absl::string_view scope,
                                           absl::string_view token) {
  if (token.empty()) return "";
  std::string bytes;
  if (absl::WebSafeBase64Unescape(token, &bytes) &&
      bytes.size() > kCheckBytes) {
    std::string key = bytes.substr(kCheckBytes);
    if (CheckOf(scope, key) == bytes.substr(0, kCheckBytes)) return key;
  }
  return errors::FieldInvalid("page_token",
                              "is not a page token of this list request",
                              v1::PAGE_TOKEN_INVALID);
}

absl::StatusOr<int64_t> ParseIdPageToken(absl::string_view scope,
                                         absl::string_view token) {
  ASSIGN_OR_RETURN(const auto key, ParsePageToken(scope, token));
  if (key.empty()) return 0;
  KeyReader reader(key);
  int64_t id = 0;
  if (!reader.Int(id) || !reader.Done()) {
    return errors::FieldInvalid("page_token",
                                "is not a page token of this list request",
                                v1::PAGE_TOKEN_INVALID);
  }
  return id;
}

absl::StatusOr<int> PageSize(int page_size) {
  if (page_size < 0) {
    return errors::FieldInvalid("page_size", "must not be negative");
  }
  if (page_size == 0) return limits::kPageSizeDefault;
  return std::min(page_size, limits::kPageSizeMax);
}

}  // namespace cvr
