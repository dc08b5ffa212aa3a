#ifndef GATEWAY_MESSAGE_JSON_TEXT_H_
#define GATEWAY_MESSAGE_JSON_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// Long JSON lists without a tree of them.
namespace cvr {

// `text` quoted; what is no UTF-8 is replaced.
std::string JsonString(absl::string_view text);

// Appends `["a","b"]`.
void AppendJsonArray(const std::vector<std::string>& texts, std::string& json);

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_JSON_TEXT_H_
