#include "tools/cvr/commands/image_text.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cvr {

ImageText ParseImage(absl::string_view image) {
  const size_t at = image.find('@');
  const absl::string_view name = image.substr(0, at);
  const size_t colon = name.find(':');
  ImageText parsed{std::string(name.substr(0, colon)), ""};
  // The digest says it all when there is a tag as well.
  if (at != absl::string_view::npos) {
    parsed.reference = std::string(image.substr(at + 1));
  } else if (colon != absl::string_view::npos) {
    parsed.reference = std::string(name.substr(colon + 1));
  }
  return parsed;
}

absl::StatusOr<ImageText> ParseTaggedImage(absl::string_view image) {
  if (image.find('@') != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", image,
        "' is a digest reference; digests never change, so give a tag"));
  }
  ImageText parsed = ParseImage(image);
  if (parsed.reference.empty()) parsed.reference = "latest";
  return parsed;
}

}  // namespace cvr
