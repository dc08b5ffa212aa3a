#include "services/upstream/manifest_type.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "services/upstream/http_fields.h"

namespace cvr {
namespace {

using Json = nlohmann::json;

bool SaysNothing(absl::string_view media_type) {
  return media_type.empty() || media_type == "text/plain" ||
         media_type == "application/octet-stream" ||
         media_type == "application/json";
}

// Keeps what a manifest says of itself at its top, and nothing else: an
// upstream could make a whole tree of it cost a hundred times its size.
class TopLevel : public nlohmann::json_sax<Json> {
 public:
  bool is_object() const { return is_object_; }
  const std::string& media_type() const { return media_type_; }
  bool is_schema_1() const { return schema_version_ == 1; }
  bool Has(const std::string& key) const { return keys_.count(key) > 0; }

  bool start_object(size_t) override {
    if (depth_ == 0) is_object_ = true;
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    key_ = name;
    if (kTelling.count(name) > 0) keys_.insert(name);
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 1 && key_ == "mediaType") media_type_ = value;
    return true;
  }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t value) override {
    if (depth_ == 1 && key_ == "schemaVersion") schema_version_ = value;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  inline static const std::set<std::string> kTelling = {"manifests", "config",
                                                        "layers"};

  int depth_ = 0;
  bool is_object_ = false;
  std::string key_;  // The last one at the top.
  std::string media_type_;
  uint64_t schema_version_ = 0;
  std::set<std::string> keys_;
};

// OCI image-spec 1.0 let `mediaType` be left out.
std::string TypeByShape(const TopLevel& manifest) {
  if (manifest.is_schema_1()) {
    return "application/vnd.docker.distribution.manifest.v1+prettyjws";
  }
  if (manifest.Has("manifests")) {
    return "application/vnd.oci.image.index.v1+json";
  }
  if (manifest.Has("config") && manifest.Has("layers")) {
    return "application/vnd.oci.image.manifest.v1+json";
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> ManifestType(absl::string_view content_type,
                                         absl::string_view bytes) {
  TopLevel manifest;
  if (!Json::sax_parse(bytes.begin(), bytes.end(), &manifest) ||
      !manifest.is_object()) {
    return absl::InvalidArgumentError("a manifest that is no JSON object");
  }
  const std::string said = MediaTypeOf(content_type);
  if (!SaysNothing(said)) return said;
  std::string own = MediaTypeOf(manifest.media_type());
  if (own.empty()) own = TypeByShape(manifest);
  if (!own.empty()) return own;
  return said.empty() ? "application/json" : said;
}

}  // namespace cvr
