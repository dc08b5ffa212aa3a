#include "services/common/without_secrets.h"

#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/util/json_util.h"

namespace cvr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsSecret(absl::string_view field) {
  return field == "password" || field == "client_key_pem" ||
         field == "secret" || field == "token";
}

void ClearSecrets(Message& message) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    if (IsSecret(field->name())) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        ClearSecrets(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    } else {
      ClearSecrets(*reflection.MutableMessage(&message, field));
    }
  }
}

}  // namespace

std::string JsonWithoutSecrets(const Message& message, size_t bytes_max) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  ClearSecrets(*copy);
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const auto status =
      google::protobuf::util::MessageToJsonString(*copy, &json, options);
  return status.ok() && json.size() <= bytes_max ? json : "{}";
}

}  // namespace cvr
