#include "gateway/native_rest/answer_json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/native_rest/field_behavior.h"
#include "gateway/native_rest/field_value.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/util/json_util.h"

namespace cvr::native_rest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;

void DropInputOnly(const Descriptor& message, Json& json);

// What is in an Any beside its `@type`.
void DropInputOnlyOfAny(Json& json) {
  const std::string url = json.value("@type", "");
  const Descriptor* const inner =
      DescriptorPool::generated_pool()->FindMessageTypeByName(
          url.substr(url.rfind('/') + 1));
  // Well-known types have their JSON in `value`.
  if (inner != nullptr && !IsWellKnown(*inner)) DropInputOnly(*inner, json);
}

void DropInputOnlyOfValue(const Descriptor& message, Json& json) {
  if (&message == google::protobuf::Any::descriptor()) {
    DropInputOnlyOfAny(json);
  } else if (!IsWellKnown(message)) {
    DropInputOnly(message, json);
  }
}

// As deep as the answer, which a service of ours has made.
void DropInputOnly(const Descriptor& message, Json& json) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const auto found = json.find(field.name());
    if (found == json.end()) continue;
    if (Behaves(field, google::api::INPUT_ONLY)) {
      json.erase(field.name());
    } else if (field.message_type() == nullptr || field.is_map()) {
      continue;
    } else if (found->is_array() && field.is_repeated()) {
      for (Json& item : *found) {
        if (item.is_object()) DropInputOnlyOfValue(*field.message_type(), item);
      }
    } else if (found->is_object()) {
      DropInputOnlyOfValue(*field.message_type(), *found);
    }
  }
}

}  // namespace

absl::StatusOr<std::string> AnswerJson(
    const google::protobuf::Message& answer) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto printed =
      google::protobuf::util::MessageToJsonString(answer, &text, options);
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!printed.ok() || !json.is_object()) {
    return absl::InternalError(absl::StrCat(
        "cannot print ", answer.GetDescriptor()->full_name(), " as JSON"));
  }
  DropInputOnly(*answer.GetDescriptor(), json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cvr::native_rest
