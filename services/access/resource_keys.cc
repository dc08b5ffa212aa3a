#include "services/access/resource_keys.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cvr/v1/key.pb.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using Kind = AccessQuestion::Kind;

Kind KindOfKey(const FieldDescriptor& field) {
  if (field.message_type() == v1::RegistryKey::descriptor()) {
    return Kind::kRegistry;
  }
  if (field.message_type() == v1::UpstreamKey::descriptor()) {
    return Kind::kUpstream;
  }
  return Kind::kNone;
}

// The id that stands for a key: `registry_id` for `registry_key`.
const FieldDescriptor* IdFieldOf(const FieldDescriptor& key_field) {
  const std::string name =
      absl::StrCat(absl::StripSuffix(key_field.name(), "key"), "id");
  const OneofDescriptor& choice = *key_field.containing_oneof();
  for (int i = 0; i < choice.field_count(); ++i) {
    if (choice.field(i)->name() == name &&
        choice.field(i)->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      return choice.field(i);
    }
  }
  return nullptr;
}

std::optional<ResourceKeyField> FieldOf(const Message& request,
                                        const OneofDescriptor& choice) {
  const auto& reflection = *request.GetReflection();
  const auto* const chosen =
      reflection.GetOneofFieldDescriptor(request, &choice);
  if (chosen == nullptr) return std::nullopt;
  ResourceKeyField result;
  for (int i = 0; i < choice.field_count(); ++i) {
    const FieldDescriptor& field = *choice.field(i);
    if (KindOfKey(field) == Kind::kNone) continue;
    result.key_field = &field;
    result.key.kind = KindOfKey(field);
    result.id_field = IdFieldOf(field);
  }
  if (result.key_field == nullptr || result.id_field == nullptr) {
    return std::nullopt;
  }
  if (chosen == result.id_field) {
    result.id = reflection.GetInt64(request, chosen);
    return result;
  }
  if (chosen != result.key_field) return std::nullopt;
  const Message& key = reflection.GetMessage(request, chosen);
  const auto text = [&key](const char* name) {
    return key.GetReflection()->GetString(
        key, key.GetDescriptor()->FindFieldByName(name));
  };
  result.key.group = text("group");
  result.key.name = text("name");
  return result;
}

}  // namespace

std::vector<ResourceKeyField> ResourceFieldsOf(const Message& request) {
  std::vector<ResourceKeyField> fields;
  const auto& type = *request.GetDescriptor();
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    auto field = FieldOf(request, *type.oneof_decl(i));
    if (field) fields.push_back(*std::move(field));
  }
  return fields;
}

absl::StatusOr<std::vector<ResourceKeyField>> KeysOf(const Message& request) {
  std::vector<ResourceKeyField> keys;
  std::vector<FieldViolation> violations;
  for (ResourceKeyField& field : ResourceFieldsOf(request)) {
    const auto* const chosen = request.GetReflection()->GetOneofFieldDescriptor(
        request, field.key_field->containing_oneof());
    if (chosen != field.key_field) continue;
    const std::string& name = field.key_field->name();
    if (field.key.group.empty()) {
      violations.push_back(
          {absl::StrCat(name, ".group"), "must be set", v1::FIELD_REQUIRED});
    }
    if (field.key.name.empty()) {
      violations.push_back(
          {absl::StrCat(name, ".name"), "must be set", v1::FIELD_REQUIRED});
    }
    keys.push_back(std::move(field));
  }
  if (!violations.empty()) return errors::FieldsInvalid(std::move(violations));
  return keys;
}

void SetId(Message& request, const ResourceKeyField& field, int64_t id) {
  request.GetReflection()->SetInt64(&request, field.id_field, id);
}

}  // namespace cvr
