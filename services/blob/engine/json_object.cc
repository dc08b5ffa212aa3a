#include "services/blob/engine/json_object.h"

#include <utility>

namespace cvr {
namespace {

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

}  // namespace

std::optional<nlohmann::json> ParseJsonObject(absl::string_view bytes,
                                              size_t bytes_max) {
  if (bytes.size() > bytes_max || IsNestedTooDeep(bytes)) return std::nullopt;
  auto object = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr,
                                      /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;
  return object;
}

const nlohmann::json* FindArray(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_array() ? &*it : nullptr;
}

}  // namespace cvr
