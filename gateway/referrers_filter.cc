#include "gateway/referrers_filter.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace cvr {
namespace {

using Json = nlohmann::ordered_json;

// Of the members of the index, and of the descriptors in its array.
constexpr int kMemberDepth = 1;
constexpr int kDescriptorDepth = 2;
// What is nested deeper is left out: writing JSON takes stack for each level.
constexpr int kDepthMax = 64;

std::string IndexOf(absl::string_view descriptors) {
  return absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kIndexMediaType,
                      R"(","manifests":[)", descriptors, "]}");
}

bool HasType(const Json& descriptor, absl::string_view artifact_type) {
  const auto type = descriptor.find("artifactType");
  return type != descriptor.end() && type->is_string() &&
         type->get_ref<const std::string&>() == artifact_type;
}

}  // namespace

std::string EmptyIndex() { return IndexOf(""); }

absl::StatusOr<std::string> FilterReferrers(std::istream& document,
                                            absl::string_view artifact_type) {
  std::string kept;
  bool in_manifests = false;
  // Each descriptor is thrown away as soon as it has been looked at, so a long
  // index is never held whole.
  const auto look = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kDepthMax) return false;
    if (event == Json::parse_event_t::key && depth == kMemberDepth) {
      in_manifests = value == "manifests";
    }
    if (event != Json::parse_event_t::object_end || depth != kDescriptorDepth ||
        !in_manifests) {
      return true;
    }
    if (HasType(value, artifact_type)) {
      absl::StrAppend(&kept, kept.empty() ? "" : ",", value.dump());
    }
    return false;
  };
  const Json index = Json::parse(document, look, /*allow_exceptions=*/false);
  if (!index.is_object() || !index.contains("manifests") ||
      !index["manifests"].is_array()) {
    return absl::InternalError("an index of referrers that is none");
  }
  return IndexOf(kept);
}

}  // namespace cvr
