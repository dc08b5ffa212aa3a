#ifndef SERVICES_BLOB_ENGINE_LIST_DOCUMENT_H_
#define SERVICES_BLOB_ENGINE_LIST_DOCUMENT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/digest.h"
#include "services/common/reference.h"

namespace cvr {

// Lists as documents, the form in which they are stored. What comes out of
// upstreams is read leniently: what is not understood is left out. Pure.

inline constexpr char kJsonType[] = "application/json";
inline constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

// `{"tags":[...]}`, sorted, each once.
std::string TagsDocument(std::vector<std::string> tags);
std::vector<std::string> TagsIn(absl::string_view document);

// A manifest that refers to another.
struct Referrer {
  Digest digest;
  std::string json;  // Its descriptor.
};

// Of descriptors as JSON texts, those that have a digest; each digest once, as
// it came first.
std::vector<Referrer> ParseReferrers(const std::vector<std::string>& texts);
// The same of the `manifests` of a document: an image index is one.
std::vector<Referrer> ReferrersIn(absl::string_view document);

// `{"manifests":[...]}`.
std::string ReferrersDocument(const std::vector<Referrer>& referrers);
// The answer of the referrers API: an OCI image index.
std::string ReferrersIndex(const std::vector<Referrer>& referrers);

// Drops what has the digest of one before it.
std::vector<Referrer> EachOnce(std::vector<Referrer> referrers);

// Where registries without the referrers API have the list: OCI
// distribution-spec, "Referrers Tag Schema".
Reference ReferrersTag(const Digest& subject);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_LIST_DOCUMENT_H_
