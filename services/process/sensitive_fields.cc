#include "services/process/sensitive_fields.h"

#include <memory>
#include <string>
#include <vector>

#include "cvr/v1/annotations.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/unknown_field_set.h"

namespace cvr {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// An Any's bytes are parsed anew, so the parser does not bound how deep Anys
// are in each other.
constexpr int kNestedAnysMax = 16;

void ClearIn(Message& message, int anys_left);

// What it holds, or null. The type is one of this program's; whoever sent the
// message may have named any.
std::unique_ptr<Message> Unpacked(const std::string& type_url,
                                  const std::string& bytes) {
  std::string name;
  if (!Any::ParseAnyTypeUrl(type_url, &name)) return nullptr;
  const auto* const type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          name);
  if (type == nullptr) return nullptr;
  std::unique_ptr<Message> held(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
  return held->ParseFromString(bytes) ? std::move(held) : nullptr;
}

// By reflection: it may be a dynamic message.
void ClearInAny(Message& any, int anys_left) {
  const auto& reflection = *any.GetReflection();
  const FieldDescriptor* const type_url =
      any.GetDescriptor()->FindFieldByNumber(Any::kTypeUrlFieldNumber);
  const FieldDescriptor* const value =
      any.GetDescriptor()->FindFieldByNumber(Any::kValueFieldNumber);
  const std::unique_ptr<Message> held =
      anys_left == 0 ? nullptr
                     : Unpacked(reflection.GetString(any, type_url),
                                reflection.GetString(any, value));
  any.Clear();
  if (held == nullptr) return;
  ClearIn(*held, anys_left - 1);
  Any packed;
  packed.PackFrom(*held);
  reflection.SetString(&any, type_url, packed.type_url());
  reflection.SetString(&any, value, packed.value());
}

void ClearIn(Message& message, int anys_left) {
  const auto& reflection = *message.GetReflection();
  reflection.MutableUnknownFields(&message)->Clear();
  if (message.GetDescriptor()->full_name() == Any::descriptor()->full_name()) {
    return ClearInAny(message, anys_left);
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    if (IsSensitive(*field)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      // Maps too: their entries are messages.
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        ClearIn(*reflection.MutableRepeatedMessage(&message, field, i),
                anys_left);
      }
    } else {
      ClearIn(*reflection.MutableMessage(&message, field), anys_left);
    }
  }
}

}  // namespace

bool IsSensitive(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::sensitive);
}

void ClearSensitive(Message& message) { ClearIn(message, kNestedAnysMax); }

}  // namespace cvr
