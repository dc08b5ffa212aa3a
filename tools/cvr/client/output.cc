#include "tools/cvr/client/output.h"

#include <memory>

#include "absl/strings/ascii.h"
#include "google/protobuf/util/json_util.h"
#include "services/process/sensitive_fields.h"

namespace cvr {
namespace {

using google::protobuf::Message;

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

}  // namespace

std::string ToJson(const Message& message, bool pretty) {
  const std::unique_ptr<Message> shown(message.New());
  shown->CopyFrom(message);
  ClearSensitive(*shown);
  return WholeJson(*shown, pretty);
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
