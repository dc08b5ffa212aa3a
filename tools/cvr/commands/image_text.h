#ifndef TOOLS_CVR_COMMANDS_IMAGE_TEXT_H_
#define TOOLS_CVR_COMMANDS_IMAGE_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// An image as clients write it, without the registry's host.
struct ImageText {
  std::string repository;
  std::string reference;  // A tag or a digest; empty = neither was given.
};

// Reads `library/alpine:3.20`, `library/alpine@sha256:...`, `library/alpine`.
ImageText ParseImage(absl::string_view image);

// The same for an image whose tag is meant; `latest` when none is given, as
// clients have it. Errors: INVALID_ARGUMENT for a digest, which never changes.
absl::StatusOr<ImageText> ParseTaggedImage(absl::string_view image);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_IMAGE_TEXT_H_
