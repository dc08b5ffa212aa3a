#include "services/common/content.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

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

absl::StatusOr<ContentRef> ParseRelativePath(absl::string_view path) {
  const absl::Status invalid = errors::FieldInvalid(
      "relative_path",
      "does not identify a manifest, blob, tag list or referrers list");
  if (path.size() > limits::kRelativePathBytesMax) return invalid;
  const size_t before_reference = path.rfind('/');
  if (before_reference == absl::string_view::npos || path[0] != '/' ||
      before_reference == 0) {
    return invalid;
  }
  const size_t before_kind = path.rfind('/', before_reference - 1);
  if (before_kind == 0 || before_kind == absl::string_view::npos) {
    return invalid;
  }
  const auto kind =
      path.substr(before_kind + 1, before_reference - before_kind - 1);
  ASSIGN_OR_RETURN(auto repository,
                   Repository::Parse(path.substr(1, before_kind - 1)));
  ASSIGN_OR_RETURN(auto reference,
                   Reference::Parse(path.substr(before_reference + 1)));
  if (kind == "manifests") {
    return ContentRef{std::move(repository), std::move(reference),
                      ContentKind::kManifest};
  }
  if (kind == "tags" && reference.ToString() == "list") {
    return ContentRef::TagList(std::move(repository));
  }
  if (!reference.is_digest()) return invalid;
  if (kind == "blobs") {
    return ContentRef{std::move(repository), std::move(reference),
                      ContentKind::kBlob};
  }
  if (kind != "referrers") return invalid;
  return ContentRef{std::move(repository), std::move(reference),
                    ContentKind::kReferrers};
}

ContentRef ContentRef::TagList(Repository repository) {
  return {std::move(repository), *Reference::Parse("list"), ContentKind::kTags};
}

}  // namespace cvr
