#ifndef SERVICES_BLOB_IMAGE_PARTS_H_
#define SERVICES_BLOB_IMAGE_PARTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/digest.h"

namespace cvr {

// What an image of an index runs on: OCI image-spec, image-index.md. A value
// type.
struct Platform {
  std::string os;
  std::string architecture;
  std::string variant = {};  // Empty = none, or whichever.

  // `linux/amd64` or `linux/arm64/v8`. Errors: INVALID_ARGUMENT.
  static absl::StatusOr<Platform> Parse(absl::string_view text);
  std::string ToString() const;

  // Whether an image for `image` is one for this platform: the same, of any
  // variant when this one has none.
  bool Matches(const Platform& image) const {
    return os == image.os && architecture == image.architecture &&
           (variant.empty() || variant == image.variant);
  }
};

// What a manifest names in one of its descriptors.
struct ImagePart {
  Digest digest;
  bool is_manifest = false;  // Else it is a blob.
  bool is_index = false;     // A manifest that is an index itself.
  // A layer that registries do not have: Windows' base layers, say.
  bool is_foreign = false;
  // Of manifests in an index that says one.
  std::optional<Platform> platform = std::nullopt;
};

// The parts that a manifest needs to be complete, in order: those of `config`,
// `layers`, `manifests`, `fsLayers` and `blobs`. Empty for what is no manifest;
// descriptors without a valid digest are left out. Whether the manifest may be
// served is for manifest_facts.h to say. Pure; memory is proportional to the
// number of descriptors.
std::vector<ImagePart> ReadImageParts(absl::string_view manifest);

}  // namespace cvr

#endif  // SERVICES_BLOB_IMAGE_PARTS_H_
