#include "gateway/rest/request_token.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/message/authorization_field.h"

namespace cvr::rest {

std::string TokenOfRequest(const HttpRequest& request) {
  std::optional<std::string> field = request.fields.Get("Authorization");
  if (const auto token = request.fields.Get("PRIVATE-TOKEN")) {
    field = absl::StrCat("Bearer ", *token);
  } else if (field && !absl::StartsWithIgnoreCase(*field, "Bearer ")) {
    return "";
  }
  const ShownCredential shown = ParseAuthorization(field);
  return shown.kind == ShownCredential::Kind::kSecret ? shown.value : "";
}

}  // namespace cvr::rest
