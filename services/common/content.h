#ifndef SERVICES_COMMON_CONTENT_H_
#define SERVICES_COMMON_CONTENT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/digest.h"
#include "services/common/reference.h"

namespace cvr {

enum class ContentKind {
  kManifest,
  kBlob,
  kTags,       // The list of a repository's tags.
  kReferrers,  // The manifests whose `subject` is the digest.
};

// What a client asks for. The reference of a blob and of referrers is a digest,
// that of a list of tags is TagList().
struct ContentRef {
  Repository repository;
  Reference reference;
  ContentKind kind;

  // `/library/alpine/manifests/3.20`: its path under an upstream.
  std::string RelativePath() const;

  // Immutable, and proves itself: a manifest or blob by its digest.
  bool is_addressed_by_digest() const {
    return reference.is_digest() && kind != ContentKind::kReferrers;
  }

  static ContentRef TagList(Repository repository);
};

// The inverse of ContentRef::RelativePath(): what the `relative_path` of a
// cache entry asks for. Errors: INVALID_ARGUMENT for a path that names no
// content (reason FIELD_INVALID) or no repository; NOT_FOUND as
// Reference::Parse.
absl::StatusOr<ContentRef> ParseRelativePath(absl::string_view path);

// Content that is known: OCI image-spec, descriptor.md.
struct Descriptor {
  std::string media_type;
  Digest digest;
  uint64_t size_bytes = 0;
};

inline constexpr char kOctetStream[] = "application/octet-stream";

}  // namespace cvr

#endif  // SERVICES_COMMON_CONTENT_H_
