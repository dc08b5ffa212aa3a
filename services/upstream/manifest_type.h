#ifndef SERVICES_UPSTREAM_MANIFEST_TYPE_H_
#define SERVICES_UPSTREAM_MANIFEST_TYPE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// What to ask a registry for, in one header: always all of it, since a registry
// answers 404 for what it thinks the client cannot take.
inline constexpr char kManifestAccept[] =
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/json, */*";

// What to serve a manifest as that came with `content_type`: see
// ServedManifestType() in manifest_facts.h. An upstream can choose among the
// types of manifests, and no other. Pure.
// Errors: INVALID_ARGUMENT when `bytes` are no JSON object, and for a manifest
// that clients would understand differently: see FaultSentAs().
absl::StatusOr<std::string> ManifestType(absl::string_view content_type,
                                         absl::string_view bytes);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_MANIFEST_TYPE_H_
