#include "tools/cvr/declaration/yaml_message.h"

#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cvr/v1/upstream.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "services/common/status_macros.h"
#include "services/process/sensitive_fields.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/client/validity_text.h"

namespace cvr::declaration {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kRegexPrefix[] = "re:";

// What servers tell and callers do not, and where an object belongs to, which
// the place in the file says.
const std::set<std::string>& OutputOnly() {
  static const auto* const names =
      new std::set<std::string>{"id",
                                "group",
                                "etag",
                                "create_time",
                                "update_time",
                                "registry_upstreams",
                                "status",
                                "next_run_time",
                                "last_run_time",
                                "failure_message",
                                "last_run_deleted_bytes",
                                "last_run_deleted_entries"};
  return *names;
}

// Where a secret of `type` comes from: read by the caller.
bool IsSecretSource(const Descriptor& type, const std::string& key) {
  return type.full_name() == "cvr.v1.TlsSettings" &&
         (key == "client_key_env" || key == "client_key_file");
}

struct Reader {
  const std::string& file;

  absl::Status Error(const YAML::Node& node, absl::string_view what) const {
    return ErrorAt(file, node, what);
  }

  absl::StatusOr<std::string> Word(const YAML::Node& node,
                                   const std::string& name) const {
    if (node.IsScalar()) return node.Scalar();
    return Error(node, absl::StrCat(name, ": expected a single value"));
  }

  absl::Status Fields(const YAML::Node& node,
                      const std::set<std::string>& others, Message& message,
                      std::set<std::string>* mentioned) const;
  absl::Status Field(const YAML::Node& node, const FieldDescriptor& field,
                     Message& message) const;
  absl::Status Value(const YAML::Node& node, const FieldDescriptor& field,
                     Message& message) const;
  absl::Status Enum(const YAML::Node& node, const FieldDescriptor& field,
                    Message& message) const;
  absl::Status SubMessage(const YAML::Node& node, const std::string& name,
                          Message& message) const;
};

std::vector<std::string> DeclarableNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsDeclarable(*type.field(i))) names.push_back(type.field(i)->name());
  }
  return names;
}

absl::Status Reader::Fields(const YAML::Node& node,
                            const std::set<std::string>& others,
                            Message& message,
                            std::set<std::string>* mentioned) const {
  if (!node.IsMap()) return Error(node, "expected a mapping");
  const Descriptor& type = *message.GetDescriptor();
  std::set<std::string> keys;
  for (const auto& entry : node) {
    const YAML::Node& key = entry.first;
    const YAML::Node& value = entry.second;
    const std::string name = key.IsScalar() ? key.Scalar() : "";
    if (!keys.insert(name).second) {
      return Error(key, absl::StrCat(name, ": is set twice"));
    }
    if (others.count(name) > 0 || IsSecretSource(type, name)) continue;
    const FieldDescriptor* const field = type.FindFieldByName(name);
    if (field != nullptr && IsSensitive(*field)) {
      const std::string source(
          absl::StripSuffix(absl::StripSuffix(name, "_pem"), "_bytes"));
      return Error(
          key, absl::StrCat(name, ": secrets are not allowed in the file; use ",
                            source, "_env or ", source, "_file"));
    }
    if (field == nullptr || !IsDeclarable(*field)) {
      return Error(key,
                   absl::StrCat("unknown field '", name, "'; valid fields: ",
                                absl::StrJoin(DeclarableNames(type), ", ")));
    }
    if (mentioned != nullptr) mentioned->insert(name);
    if (value.IsNull()) continue;
    RETURN_IF_ERROR(Field(value, *field, message));
  }
  return absl::OkStatus();
}

absl::Status Reader::Field(const YAML::Node& node, const FieldDescriptor& field,
                           Message& message) const {
  if (!field.is_repeated()) return Value(node, field, message);
  if (!node.IsSequence()) {
    return Error(node, absl::StrCat(field.name(), ": expected a list"));
  }
  for (const YAML::Node& item : node) {
    RETURN_IF_ERROR(Value(item, field, message));
  }
  return absl::OkStatus();
}

// Sets the field, or adds to it when it is repeated.
absl::Status Reader::Value(const YAML::Node& node, const FieldDescriptor& field,
                           Message& message) const {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SubMessage(node, field.name(),
                        field.is_repeated()
                            ? *reflection.AddMessage(&message, &field)
                            : *reflection.MutableMessage(&message, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return Enum(node, field, message);
    case FieldDescriptor::CPPTYPE_STRING: {
      ASSIGN_OR_RETURN(const std::string text, Word(node, field.name()));
      field.is_repeated() ? reflection.AddString(&message, &field, text)
                          : reflection.SetString(&message, &field, text);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      bool value = false;
      if (!YAML::convert<bool>::decode(node, value)) {
        return Error(node,
                     absl::StrCat(field.name(), ": expected true or false"));
      }
      reflection.SetBool(&message, &field, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      int32_t value = 0;
      if (!node.IsScalar() || !YAML::convert<int32_t>::decode(node, value)) {
        return Error(node, absl::StrCat(field.name(), ": expected an integer"));
      }
      reflection.SetInt32(&message, &field, value);
      return absl::OkStatus();
    }
    default:
      return Error(node,
                   absl::StrCat(field.name(), ": not supported in the file"));
  }
}

absl::Status Reader::Enum(const YAML::Node& node, const FieldDescriptor& field,
                          Message& message) const {
  ASSIGN_OR_RETURN(const std::string word, Word(node, field.name()));
  std::vector<std::string> names;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor& value = *field.enum_type()->value(i);
    // That is what leaving it out means.
    if (value.number() == 0) continue;
    names.push_back(absl::AsciiStrToLower(value.name()));
    if (word != names.back()) continue;
    message.GetReflection()->SetEnum(&message, &field, &value);
    return absl::OkStatus();
  }
  return Error(node, absl::StrCat(field.name(), ": '", word,
                                  "' is not valid; valid values: ",
                                  absl::StrJoin(names, ", ")));
}

absl::Status Reader::SubMessage(const YAML::Node& node, const std::string& name,
                                Message& message) const {
  if (auto* const duration = dynamic_cast<Duration*>(&message)) {
    ASSIGN_OR_RETURN(const std::string word, Word(node, name));
    auto parsed =
        name == "cache_validity" ? ParseValidity(word) : ParseDuration(word);
    if (!parsed.ok()) {
      return Error(node, absl::StrCat(name, ": ", parsed.status().message()));
    }
    *duration = *std::move(parsed);
    return absl::OkStatus();
  }
  auto* const pattern = dynamic_cast<v1::Pattern*>(&message);
  if (pattern != nullptr && node.IsScalar()) {
    absl::string_view text = node.Scalar();
    if (absl::ConsumePrefix(&text, kRegexPrefix)) {
      pattern->set_regex(std::string(text));
    } else {
      pattern->set_wildcard(std::string(text));
    }
    return absl::OkStatus();
  }
  return Fields(node, {}, message, nullptr);
}

YAML::Node ValueToYaml(const Message& message, const FieldDescriptor& field,
                       int index);

// Undefined when the field is its default.
YAML::Node FieldToYaml(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    const int size = reflection.FieldSize(message, &field);
    if (size == 0) return YAML::Node(YAML::NodeType::Undefined);
    YAML::Node list(YAML::NodeType::Sequence);
    for (int i = 0; i < size; ++i) {
      list.push_back(ValueToYaml(message, field, i));
    }
    return list;
  }
  if (!reflection.HasField(message, &field)) {
    return YAML::Node(YAML::NodeType::Undefined);
  }
  return ValueToYaml(message, field, -1);
}

YAML::Node MessageToYaml(const Message& message) {
  if (const auto* const duration = dynamic_cast<const Duration*>(&message)) {
    return YAML::Node(DurationText(*duration));
  }
  const auto* const pattern = dynamic_cast<const v1::Pattern*>(&message);
  if (pattern != nullptr && pattern->has_regex()) {
    return YAML::Node(absl::StrCat(kRegexPrefix, pattern->regex()));
  }
  // A wildcard that looks like a regex stands as what it is.
  if (pattern != nullptr &&
      !absl::StartsWith(pattern->wildcard(), kRegexPrefix)) {
    return YAML::Node(pattern->wildcard());
  }
  return ToYaml(message);
}

// `index` -1 = the field is not repeated.
YAML::Node ValueToYaml(const Message& message, const FieldDescriptor& field,
                       int index) {
  const auto& reflection = *message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const YAML::Node node = MessageToYaml(
          one ? reflection.GetMessage(message, &field)
              : reflection.GetRepeatedMessage(message, &field, index));
      // An empty message says nothing.
      if (one && node.IsMap() && node.size() == 0) {
        return YAML::Node(YAML::NodeType::Undefined);
      }
      return node;
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return YAML::Node(
          absl::AsciiStrToLower(reflection.GetEnum(message, &field)->name()));
    case FieldDescriptor::CPPTYPE_BOOL:
      return YAML::Node(reflection.GetBool(message, &field));
    case FieldDescriptor::CPPTYPE_INT32:
      return YAML::Node(reflection.GetInt32(message, &field));
    default:
      return YAML::Node(
          one ? reflection.GetString(message, &field)
              : reflection.GetRepeatedString(message, &field, index));
  }
}

}  // namespace

absl::Status ErrorAt(const std::string& file, const YAML::Node& node,
                     absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(file, ":", node.Mark().line + 1, ": ", what));
}

absl::Status ReadMessage(const std::string& file, const YAML::Node& node,
                         const std::set<std::string>& others, Message& message,
                         std::set<std::string>& mentioned) {
  return Reader{file}.Fields(node, others, message, &mentioned);
}

YAML::Node ToYaml(const Message& message) {
  YAML::Node map(YAML::NodeType::Map);
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsDeclarable(field)) continue;
    const YAML::Node value = FieldToYaml(message, field);
    if (value.IsDefined()) map[field.name()] = value;
  }
  return map;
}

std::string FieldText(const Message& message, const std::string& name) {
  const YAML::Node value =
      FieldToYaml(message, *message.GetDescriptor()->FindFieldByName(name));
  if (!value.IsDefined()) return "default";
  YAML::Emitter emitter;
  emitter.SetMapFormat(YAML::Flow);
  emitter.SetSeqFormat(YAML::Flow);
  if (value.IsScalar()) emitter.SetStringFormat(YAML::DoubleQuoted);
  emitter << value;
  return emitter.c_str();
}

bool IsDeclarable(const FieldDescriptor& field) {
  if (field.containing_type()->name() == "Registry" &&
      field.name() == "upstreams") {
    return false;
  }
  return OutputOnly().count(field.name()) == 0 && !IsSensitive(field);
}

}  // namespace cvr::declaration
