#include "services/blob/engine/manifest_document.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "nlohmann/json.hpp"
#include "services/blob/engine/json_object.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

using Json = nlohmann::json;

std::optional<Json> ParseManifest(absl::string_view bytes) {
  return ParseJsonObject(bytes, limits::kManifestBytesMax);
}

class DigestCollector {
 public:
  // Adds the digest that `key` of `descriptor` names, if any.
  void Add(const Json& descriptor, const char* key) {
    if (!descriptor.is_object()) return;
    const auto it = descriptor.find(key);
    if (it == descriptor.end() || !it->is_string()) return;
    const auto digest = Digest::Parse(it->get_ref<const std::string&>());
    if (digest.ok() && seen_.insert(*digest).second) {
      digests_.push_back(*digest);
    }
  }

  void AddEach(const Json& document, const char* list, const char* key) {
    const Json* const array = FindArray(document, list);
    if (array == nullptr) return;
    for (const Json& descriptor : *array) Add(descriptor, key);
  }

  std::vector<Digest> Take() { return std::move(digests_); }

 private:
  absl::flat_hash_set<Digest> seen_;
  std::vector<Digest> digests_;
};

// What makes it a manifest, whatever it calls itself: an index, an image, a
// schema 1 image, an OCI 1.1 draft's artifact.
constexpr const char* kForms[] = {"manifests", "layers", "fsLayers", "blobs"};

bool HasForm(const Json& document) {
  for (const char* const form : kForms) {
    if (FindArray(document, form) != nullptr) return true;
  }
  return false;
}

}  // namespace

std::vector<Digest> ManifestReferences(absl::string_view bytes) {
  const auto document = ParseManifest(bytes);
  if (!document) return {};
  DigestCollector digests;
  if (const auto it = document->find("config"); it != document->end()) {
    digests.Add(*it, "digest");
  }
  digests.AddEach(*document, "layers", "digest");
  digests.AddEach(*document, "manifests", "digest");
  digests.AddEach(*document, "fsLayers", "blobSum");
  digests.AddEach(*document, "blobs", "digest");
  return digests.Take();
}

std::string ManifestMediaType(absl::string_view bytes) {
  const auto document = ParseManifest(bytes);
  if (!document || !HasForm(*document)) return "";
  if (const auto it = document->find("mediaType");
      it != document->end() && it->is_string()) {
    const auto& type = it->get_ref<const std::string&>();
    if (type.size() <= limits::kMediaTypeCharsMax) return type;
  }
  if (FindArray(*document, "manifests") != nullptr) {
    return "application/vnd.oci.image.index.v1+json";
  }
  if (FindArray(*document, "layers") != nullptr) {
    return "application/vnd.oci.image.manifest.v1+json";
  }
  return "";
}

}  // namespace cvr
