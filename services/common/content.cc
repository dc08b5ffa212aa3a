#include "services/common/content.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace cvr {

namespace {

absl::string_view Endpoint(ContentKind kind) {
  switch (kind) {
    case ContentKind::kManifest:
      return "/manifests/";
    case ContentKind::kBlob:
      return "/blobs/";
    case ContentKind::kTags:
      return "/tags/";
    case ContentKind::kReferrers:
      return "/referrers/";
  }
  return "/";
}

}  // namespace

std::string ContentRef::RelativePath() const {
  return absl::StrCat("/", repository.name(), Endpoint(kind),
                      reference.ToString());
}

ContentRef ContentRef::TagList(Repository repository) {
  return {std::move(repository), *Reference::Parse("list"), ContentKind::kTags};
}

}  // namespace cvr
