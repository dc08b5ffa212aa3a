#ifndef SERVICES_COMMON_MANIFEST_FACTS_H_
#define SERVICES_COMMON_MANIFEST_FACTS_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/digest.h"

// Parses a manifest and decides which media type it may be served with.
// Manifests come from upstreams, are not trusted, and are forwarded unchanged.
// All functions are pure; memory use is proportional to the number of
// references, whatever the shape of the text.
namespace cvr {

// The kind of a manifest, by the list that a document of that kind has.
enum class ManifestForm {
  kNone,
  kIndex,     // `manifests`: OCI image index, Docker manifest list.
  kImage,     // `layers`: OCI image manifest, Docker schema 2.
  kSchema1,   // `fsLayers`: Docker schema 1.
  kArtifact,  // `blobs`: the artifact manifest of OCI 1.1's drafts, and ORAS'.
};

// Content that a descriptor carries in its `data` field (OCI image-spec,
// descriptor.md). The bytes are not verified against the digest.
struct InlinedContent {
  Digest digest;
  std::string base64;
};

struct ManifestFacts {
  bool is_object = false;  // A JSON object; if not, all else is empty.
  ManifestForm form = ManifestForm::kNone;
  std::string media_type;  // The `mediaType` field; empty if absent.
  // The digests that the manifest needs to be complete: those in `config`,
  // `layers`, `manifests`, `fsLayers` and `blobs`, each once, in order. Without
  // `subject`, which refers the other way.
  std::vector<Digest> references;
  // Inlined content of `references`: small ones only, and the first ones.
  std::vector<InlinedContent> inlined;
  // Why the manifest must not be served to clients; empty = it may be. Clients
  // would interpret such a document differently (CVE-2021-41190): it has the
  // lists of two kinds of manifest, a member twice or in a second spelling that
  // some parsers treat as equal, or a `mediaType` of another kind.
  std::string fault;
};

// Input beyond limits::kManifestBytesMax is no manifest.
ManifestFacts ReadManifest(absl::string_view bytes);
ManifestFacts ReadManifest(std::istream& bytes);

// Whether `media_type` is in the closed list of manifest types. A manifest must
// not be served with any other type: a browser could run it as active content
// (text/html, image/svg+xml).
bool IsManifestType(absl::string_view media_type);

// Why a manifest that an upstream sent with the media type `said` (without
// parameters) must not be served; empty = it may be. A type that is not a
// manifest's is ignored.
std::string FaultSentAs(absl::string_view said, const ManifestFacts& facts);

// The media type to serve a manifest with: its own `mediaType`; or `said`, if
// that does not contradict its form; or the usual type of its form; or
// application/octet-stream if none of these is known. The result is always one
// of the closed list or application/octet-stream.
std::string ServedManifestType(absl::string_view said,
                               const ManifestFacts& facts);

// The media type to serve a stored manifest with. `recorded` is the type in the
// cache entry, which may be wrong; `found` is what ServedManifestType() says
// about the stored bytes. Returns `recorded` if both are of the same form, else
// `found`.
std::string RecordedManifestType(absl::string_view recorded,
                                 absl::string_view found);

}  // namespace cvr

#endif  // SERVICES_COMMON_MANIFEST_FACTS_H_
