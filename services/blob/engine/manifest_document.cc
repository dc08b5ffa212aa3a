#include "services/blob/engine/manifest_document.h"

#include <optional>

#include "absl/container/flat_hash_set.h"
#include "nlohmann/json.hpp"
#include "services/common/limits.h"

namespace cvr {
namespace {

using Json = nlohmann::json;

// An image index is nested 4 deep; annotations may hold a little more.
constexpr int kDepthMax = 32;

// An object, or nothing.
std::optional<Json> ParseObject(absl::string_view bytes) {
  if (bytes.size() > limits::kManifestBytesMax) return std::nullopt;
  // The parser itself does not recurse, but the values it builds are destroyed
  // recursively by some versions: too deep a value is dropped while parsing.
  bool too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep |= depth > kDepthMax;
    return depth <= kDepthMax;
  };
  Json document = Json::parse(bytes.begin(), bytes.end(), watch_depth,
                              /*allow_exceptions=*/false);
  if (too_deep || !document.is_object()) return std::nullopt;
  return document;
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
    const auto it = document.find(list);
    if (it == document.end() || !it->is_array()) return;
    for (const Json& descriptor : *it) Add(descriptor, key);
  }

  std::vector<Digest> Take() { return std::move(digests_); }

 private:
  absl::flat_hash_set<Digest> seen_;
  std::vector<Digest> digests_;
};

bool HasArray(const Json& document, const char* key) {
  const auto it = document.find(key);
  return it != document.end() && it->is_array();
}

}  // namespace

std::vector<Digest> ManifestReferences(absl::string_view bytes) {
  const auto document = ParseObject(bytes);
  if (!document) return {};
  DigestCollector digests;
  if (const auto it = document->find("config"); it != document->end()) {
    digests.Add(*it, "digest");
  }
  digests.AddEach(*document, "layers", "digest");
  digests.AddEach(*document, "manifests", "digest");
  digests.AddEach(*document, "fsLayers", "blobSum");
  return digests.Take();
}

std::string ManifestMediaType(absl::string_view bytes) {
  const auto document = ParseObject(bytes);
  if (!document) return "";
  if (const auto it = document->find("mediaType");
      it != document->end() && it->is_string()) {
    const auto& type = it->get_ref<const std::string&>();
    if (type.size() <= limits::kMediaTypeCharsMax) return type;
  }
  if (HasArray(*document, "manifests")) {
    return "application/vnd.oci.image.index.v1+json";
  }
  if (HasArray(*document, "layers")) {
    return "application/vnd.oci.image.manifest.v1+json";
  }
  return "";
}

}  // namespace cvr
