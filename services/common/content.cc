#include "services/common/content.h"

#include "absl/strings/str_cat.h"

namespace cvr {

std::string ContentRef::RelativePath() const {
  return absl::StrCat(
      "/", repository.name(),
      kind == ContentKind::kManifest ? "/manifests/" : "/blobs/",
      reference.ToString());
}

}  // namespace cvr
