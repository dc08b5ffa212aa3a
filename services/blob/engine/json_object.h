#ifndef SERVICES_BLOB_ENGINE_JSON_OBJECT_H_
#define SERVICES_BLOB_ENGINE_JSON_OBJECT_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace cvr {

// The JSON object that `bytes` are, which come from anybody. Nothing when they
// are something else, more than `bytes_max`, or nested deeper than any document
// of a registry.
std::optional<nlohmann::json> ParseJsonObject(absl::string_view bytes,
                                              size_t bytes_max);

// The array under `key` of `object`; null when there is none.
const nlohmann::json* FindArray(const nlohmann::json& object, const char* key);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_JSON_OBJECT_H_
