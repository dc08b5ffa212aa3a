#include "tools/cvr/declaration/yaml_message.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cvr/v1/annotations.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "services/common/status_macros.h"
#include "services/process/sensitive_fields.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/client/ttl_text.h"

namespace cvr::declaration {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kRegexPrefix[] = "re:";

bool IsOutputOnly(const FieldDescriptor& field) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) ==
        google::api::OUTPUT_ONLY) {
      return true;
    }
  }
  return false;
}

bool IsSecret(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::sensitive);
}

// Whether `field` can stand in a declaration. Which object it is, and where it
// belongs to, is said by its place in the file.
bool IsDeclarable(const FieldDescriptor& field) {
  const std::string& name = field.name();
  return name != "id" && name != "group" && name != "etag" &&
         !IsOutputOnly(field) && !IsSecret(field);
}

// `password`, of `password` and `password_bytes`.
std::string SecretName(const FieldDescriptor& secret) {
  return std::string(
      absl::StripSuffix(absl::StripSuffix(secret.name(), "_pem"), "_bytes"));
}

// Where a secret of `type` comes from: read by the caller.
bool IsSecretSource(const Descriptor& type, const std::string& key) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (!IsSecret(*type.field(i))) continue;
    const std::string name = SecretName(*type.field(i));
    if (key == name + "_env" || key == name + "_file") return true;
  }
  return false;
}

// Whether `field` is compared and changed as a whole: what is no message,
// lists, messages that stand as one word, and a oneof of messages, of which
// only one can be there.
bool IsWhole(const FieldDescriptor& field) {
  if (field.is_repeated() || field.message_type() == nullptr) return true;
  const std::string& type = field.message_type()->full_name();
  return type == "google.protobuf.Duration" || type == "cvr.v1.Pattern" ||
         type == "cvr.v1.UpstreamCredentials";
}

// `serve_stale`.
std::string EnumWord(const EnumValueDescriptor& value) {
  return absl::StrReplaceAll(EnumText(value.name(), value.type()->name()),
                             {{" ", "_"}});
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

  // `prefix` is that of the paths in `mentioned`, and `mentioned` null where
  // paths end.
  absl::Status Fields(const YAML::Node& node,
                      const std::set<std::string>& others, Message& message,
                      const std::string& prefix,
                      std::set<std::string>* mentioned) const;
  absl::Status Field(const YAML::Node& node, const FieldDescriptor& field,
                     Message& message, const std::string& path,
                     std::set<std::string>* mentioned) const;
  absl::Status Value(const YAML::Node& node, const FieldDescriptor& field,
                     Message& message) const;
  absl::Status Enum(const YAML::Node& node, const FieldDescriptor& field,
                    Message& message) const;
  absl::Status SubMessage(const YAML::Node& node, const std::string& name,
                          Message& message) const;
};

// Of what can be written in a map of `type`.
std::vector<std::string> DeclarableNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsDeclarable(*type.field(i))) names.push_back(type.field(i)->name());
  }
  return names;
}

absl::Status Reader::Fields(const YAML::Node& node,
                            const std::set<std::string>& others,
                            Message& message, const std::string& prefix,
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
    if (field != nullptr && IsSecret(*field)) {
      const std::string source = SecretName(*field);
      return Error(
          key, absl::StrCat(name, ": secrets are not allowed in the file; use ",
                            source, "_env or ", source, "_file"));
    }
    if (field == nullptr || !IsDeclarable(*field)) {
      return Error(key,
                   absl::StrCat("unknown field '", name, "'; valid fields: ",
                                absl::StrJoin(DeclarableNames(type), ", ")));
    }
    RETURN_IF_ERROR(Field(value, *field, message, prefix + name, mentioned));
  }
  return absl::OkStatus();
}

absl::Status Reader::Field(const YAML::Node& node, const FieldDescriptor& field,
                           Message& message, const std::string& path,
                           std::set<std::string>* mentioned) const {
  if (mentioned != nullptr && IsWhole(field)) mentioned->insert(path);
  if (mentioned != nullptr && !IsWhole(field)) {
    if (node.IsMap() && node.size() > 0) {
      return Fields(node, {},
                    *message.GetReflection()->MutableMessage(&message, &field),
                    path + ".", mentioned);
    }
    // Nothing in it: all of it is the default.
    for (const std::string& below : DeclarablePaths(*field.message_type())) {
      mentioned->insert(absl::StrCat(path, ".", below));
    }
  }
  if (node.IsNull()) return absl::OkStatus();
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
    names.push_back(EnumWord(value));
    if (word != names.back() && word != value.name()) continue;
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
    auto parsed = ParseTtl(word);
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
  return Fields(node, {}, message, "", nullptr);
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
    return YAML::Node(TtlText(*duration));
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
      return YAML::Node(EnumWord(*reflection.GetEnum(message, &field)));
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
  return Reader{file}.Fields(node, others, message, "", &mentioned);
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

std::string FieldText(const Message& message, const std::string& path) {
  const Message* holder = &message;
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    // Of a message that is not there, all fields have their default.
    holder = &holder->GetReflection()->GetMessage(
        *holder, holder->GetDescriptor()->FindFieldByName(names[i]));
  }
  const YAML::Node value = FieldToYaml(
      *holder, *holder->GetDescriptor()->FindFieldByName(names.back()));
  if (!value.IsDefined()) return "default";
  YAML::Emitter emitter;
  emitter.SetMapFormat(YAML::Flow);
  emitter.SetSeqFormat(YAML::Flow);
  if (value.IsScalar()) emitter.SetStringFormat(YAML::DoubleQuoted);
  emitter << value;
  return emitter.c_str();
}

std::vector<std::string> DeclarablePaths(const Descriptor& type) {
  std::vector<std::string> paths;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsDeclarable(field)) continue;
    if (IsWhole(field)) {
      paths.push_back(field.name());
      continue;
    }
    for (const std::string& below : DeclarablePaths(*field.message_type())) {
      paths.push_back(absl::StrCat(field.name(), ".", below));
    }
  }
  return paths;
}

}  // namespace cvr::declaration
