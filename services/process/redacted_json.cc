#include "services/process/redacted_json.h"

#include <cstddef>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "services/common/utf8.h"
#include "services/process/sensitive_fields.h"

namespace cvr {
namespace {

using google::protobuf::Message;
using nlohmann::json;

// Texts and lists longer than these are cut, in turn, until all fits.
struct Cut {
  size_t text_bytes;
  size_t items;
};
constexpr Cut kCuts[] = {{1024, 64}, {256, 32}, {128, 8}, {48, 4},
                         {16, 2},    {8, 1},    {0, 0}};

void Shorten(json& value, const Cut& cut) {
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (text.size() <= cut.text_bytes) return;
    const absl::string_view head = Utf8Prefix(text, cut.text_bytes);
    value =
        absl::StrCat(head, "... (", text.size() - head.size(), " more bytes)");
    return;
  }
  if (value.is_array() && value.size() > cut.items) {
    const size_t more = value.size() - cut.items;
    value.erase(value.begin() + static_cast<std::ptrdiff_t>(cut.items),
                value.end());
    value.push_back(absl::StrCat("... (", more, " more)"));
    for (size_t i = 0; i < cut.items; ++i) Shorten(value[i], cut);
    return;
  }
  for (json& member : value) {
    if (member.is_structured() || member.is_string()) Shorten(member, cut);
  }
}

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string CutToFit(const std::string& text, size_t bytes_max) {
  const json whole = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!whole.is_object()) return "{}";
  for (const Cut& cut : kCuts) {
    json value = whole;
    Shorten(value, cut);
    std::string shorter = Dump(value);
    if (shorter.size() <= bytes_max) return shorter;
  }
  // Only the names of what was set, as many as fit.
  json names = json::object();
  for (const auto& [name, value] : whole.items()) {
    names[name] = "...";
    if (Dump(names).size() > bytes_max) {
      names.erase(name);
      break;
    }
  }
  return Dump(names);
}

}  // namespace

std::string RedactedJson(const Message& message, size_t bytes_max) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  ClearSensitive(*copy);
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const auto status =
      google::protobuf::util::MessageToJsonString(*copy, &text, options);
  if (!status.ok()) return "{}";
  return text.size() <= bytes_max ? text : CutToFit(text, bytes_max);
}

}  // namespace cvr
