#ifndef SERVICES_COMMON_CONTENT_H_
#define SERVICES_COMMON_CONTENT_H_

#include <cstdint>
#include <string>

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

// Content that is known: OCI image-spec, descriptor.md.
struct Descriptor {
  std::string media_type;
  Digest digest;
  uint64_t size_bytes = 0;
};

inline constexpr char kOctetStream[] = "application/octet-stream";

}  // namespace cvr

#endif  // SERVICES_COMMON_CONTENT_H_
