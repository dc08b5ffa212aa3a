#ifndef SERVICES_BLOB_ENGINE_MANIFEST_DOCUMENT_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_DOCUMENT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/digest.h"

namespace cvr {

// What a manifest says of itself. Manifests come from upstreams and are passed
// on as they are, so these functions are lenient: what is not understood is
// left out, never refused. Pure. Bounded: input beyond
// limits::kManifestBytesMax or nested deeper than any manifest counts as empty.

// The digests that it needs to be complete: `config`, `layers`, `manifests`
// (OCI image-spec, manifest.md and image-index.md), `fsLayers` (Docker schema
// 1) and `blobs` (the artifact manifest of OCI 1.1's drafts). Without
// repetitions, in order. `subject` is not among them: the reference goes the
// other way.
std::vector<Digest> ManifestReferences(absl::string_view bytes);

// Its `mediaType`; where that is missing, as OCI 1.0 allowed, the OCI type of
// its form; empty when it does not have the form of a manifest: a config that
// names its type is none.
std::string ManifestMediaType(absl::string_view bytes);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_DOCUMENT_H_
