#include "services/upstream/manifest_type.h"

#include <nlohmann/json.hpp>

#include "services/upstream/http_fields.h"

namespace cvr {
namespace {

bool SaysNothing(absl::string_view media_type) {
  return media_type.empty() || media_type == "text/plain" ||
         media_type == "application/octet-stream" ||
         media_type == "application/json";
}

// OCI image-spec 1.0 let `mediaType` be left out.
std::string TypeByShape(const nlohmann::json& manifest) {
  const auto version = manifest.find("schemaVersion");
  if (version != manifest.end() && *version == 1) {
    return "application/vnd.docker.distribution.manifest.v1+prettyjws";
  }
  if (manifest.contains("manifests")) {
    return "application/vnd.oci.image.index.v1+json";
  }
  if (manifest.contains("config") && manifest.contains("layers")) {
    return "application/vnd.oci.image.manifest.v1+json";
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> ManifestType(absl::string_view content_type,
                                         absl::string_view bytes) {
  const nlohmann::json manifest =
      nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr,
                            /*allow_exceptions=*/false);
  if (!manifest.is_object()) {
    return absl::InvalidArgumentError("a manifest that is no JSON object");
  }
  const std::string said = MediaTypeOf(content_type);
  if (!SaysNothing(said)) return said;
  std::string own;
  const auto member = manifest.find("mediaType");
  if (member != manifest.end() && member->is_string()) {
    own = MediaTypeOf(member->get<std::string>());
  }
  if (own.empty()) own = TypeByShape(manifest);
  if (!own.empty()) return own;
  return said.empty() ? "application/json" : said;
}

}  // namespace cvr
