#include "tools/cvr/client/output.h"

#include <memory>

#include "absl/strings/ascii.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "services/process/sensitive_fields.h"

namespace cvr {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using nlohmann::ordered_json;

std::string WholeJson(const Message& message, bool pretty) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = pretty;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails only for malformed Any values, which these messages do not have.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  absl::StripTrailingAsciiWhitespace(&json);
  return json;
}

// Empty fields are printed, too, and an empty password says that there is none.
// Returns whether there was any.
bool EraseSensitive(const Descriptor& type, ordered_json& json) {
  bool erased = false;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto found = json.find(field.name());
    if (found == json.end()) continue;
    if (IsSensitive(field)) {
      json.erase(found);
      erased = true;
    } else if (field.message_type() == nullptr || field.is_map()) {
      continue;
    } else if (found->is_object()) {
      erased |= EraseSensitive(*field.message_type(), *found);
    } else if (found->is_array()) {
      for (ordered_json& item : *found) {
        erased |=
            item.is_object() && EraseSensitive(*field.message_type(), item);
      }
    }
  }
  return erased;
}

}  // namespace

std::string ToJson(const Message& message, bool pretty) {
  const std::unique_ptr<Message> shown(message.New());
  shown->CopyFrom(message);
  ClearSensitive(*shown);
  const std::string text = WholeJson(*shown, pretty);
  auto json = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !EraseSensitive(*shown->GetDescriptor(), json)) {
    return text;
  }
  return json.dump(pretty ? 1 : -1);
}

void Output::PrintNote(absl::string_view sentence) {
  if (for_people()) out_ << sentence << "\n";
}

// An item per line: as good for line tools as for JSON ones.
void Output::PrintJsonArray(const std::vector<const Message*>& messages) {
  out_ << "[";
  const char* separator = "\n";
  for (const auto* const message : messages) {
    out_ << separator << ToJson(*message, /*pretty=*/false);
    separator = ",\n";
  }
  out_ << (messages.empty() ? "]\n" : "\n]\n");
}

void Output::PrintJsonObject(const Message& message) {
  out_ << ToJson(message, /*pretty=*/true) << "\n";
}

void Output::PrintJsonWithSecrets(const Message& message) {
  out_ << WholeJson(message, /*pretty=*/true) << "\n";
}

}  // namespace cvr
