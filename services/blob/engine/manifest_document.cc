#include "services/blob/engine/manifest_document.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "nlohmann/json.hpp"
#include "services/common/limits.h"

namespace cvr {
namespace {

using Json = nlohmann::json;

// An image index is nested 4 deep; extensions may nest a little more.
constexpr int kDepthMax = 32;

// Looks only at brackets outside of strings, before anything is built.
bool IsNestedTooDeep(absl::string_view bytes) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDepthMax) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

// An object, or nothing.
std::optional<Json> ParseObject(absl::string_view bytes) {
  if (bytes.size() > limits::kManifestBytesMax || IsNestedTooDeep(bytes)) {
    return std::nullopt;
  }
  Json document = Json::parse(bytes.begin(), bytes.end(), nullptr,
                              /*allow_exceptions=*/false);
  if (!document.is_object()) return std::nullopt;
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
