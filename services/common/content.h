#ifndef SERVICES_COMMON_CONTENT_H_
#define SERVICES_COMMON_CONTENT_H_

#include <cstdint>
#include <string>

#include "services/common/digest.h"
#include "services/common/reference.h"

namespace cvr {

enum class ContentKind { kManifest, kBlob };

// What a client asks for. A blob's reference is always a digest.
struct ContentRef {
  Repository repository;
  Reference reference;
  ContentKind kind;

  // `/library/alpine/manifests/3.20`: its path under an upstream.
  std::string RelativePath() const;
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
