#include "gateway/message/json_text.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace cvr {

std::string JsonString(absl::string_view text) {
  // Names and tags need no escapes.
  const bool plain = absl::c_all_of(text, [](char c) {
    return absl::ascii_isprint(c) && c != '"' && c != '\\';
  });
  if (plain) return absl::StrCat("\"", text, "\"");
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void AppendJsonArray(const std::vector<std::string>& texts, std::string& json) {
  absl::string_view separator = "[";
  for (const std::string& text : texts) {
    absl::StrAppend(&json, separator, JsonString(text));
    separator = ",";
  }
  absl::StrAppend(&json, texts.empty() ? "[]" : "]");
}

}  // namespace cvr
