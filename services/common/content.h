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

// Names one piece of content of a repository, as a client requests it. The
// reference of a blob or of a list of referrers is always a digest; a list of
// tags has none, use TagList() to make one.
struct ContentRef {
  Repository repository;
  Reference reference;
  ContentKind kind;

  // The path below an upstream's /v2: `/library/alpine/manifests/3.20`.
  std::string RelativePath() const;

  // Whether this names a manifest or blob by its digest. Such content never
  // changes, and its bytes can be verified.
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
