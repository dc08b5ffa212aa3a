#ifndef SERVICES_COMMON_MANIFEST_FACTS_H_
#define SERVICES_COMMON_MANIFEST_FACTS_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/digest.h"

// What a manifest says of itself, and as what it may be served. Manifests come
// from upstreams and are passed on as they are. Pure; memory in proportion to
// the references, whatever the shape of the text.
namespace cvr {

// Which of the lists that make a document a manifest it has.
enum class ManifestForm {
  kNone,
  kIndex,     // `manifests`: OCI image index, Docker manifest list.
  kImage,     // `layers`: OCI image manifest, Docker schema 2.
  kSchema1,   // `fsLayers`: Docker schema 1.
  kArtifact,  // `blobs`: the artifact manifest of OCI 1.1's drafts, and ORAS'.
};

// The bytes of what a descriptor names, as it has them in `data` (OCI
// image-spec, descriptor.md): not verified.
struct InlinedContent {
  Digest digest;
  std::string base64;
};

struct ManifestFacts {
  bool is_object = false;  // One JSON object; else all else is empty.
  ManifestForm form = ManifestForm::kNone;
  std::string media_type;  // Its `mediaType`; empty when it has none.
  // The digests that it needs to be complete: `config`, `layers`, `manifests`,
  // `fsLayers`, `blobs`. Each once, in order. `subject` is not among them: the
  // reference goes the other way.
  std::vector<Digest> references;
  // Small ones, the first ones, of all of `references`.
  std::vector<InlinedContent> inlined;
  // Why no client may be given it; empty = nothing. One client would read the
  // document in one way and the next in another (CVE-2021-41190): it has lists
  // of two kinds of manifest, a member twice or in another spelling that some
  // parsers take for the same, or a `mediaType` of another kind.
  std::string fault;
};

// Input beyond limits::kManifestBytesMax is no manifest.
ManifestFacts ReadManifest(absl::string_view bytes);
ManifestFacts ReadManifest(std::istream& bytes);

// Whether manifests may be served as this: the closed list of their types. What
// is not in it may be active content (text/html, image/svg+xml) to a browser.
bool IsManifestType(absl::string_view media_type);

// The fault of a manifest that was sent as `said` (a media type without
// parameters; others than manifests' say nothing); empty = none.
std::string FaultSentAs(absl::string_view said, const ManifestFacts& facts);

// The media type to serve it with: its own, or else `said` if that does not
// contradict its form, or else the usual one of its form;
// application/octet-stream when nothing tells. Always in the closed list or
// that.
std::string ServedManifestType(absl::string_view said,
                               const ManifestFacts& facts);

// The media type to serve a stored manifest with that is recorded as
// `recorded`, by whomever, and is `found` by its bytes, as ServedManifestType()
// says: what is recorded, if that is of the same form; else what was found.
std::string RecordedManifestType(absl::string_view recorded,
                                 absl::string_view found);

}  // namespace cvr

#endif  // SERVICES_COMMON_MANIFEST_FACTS_H_
