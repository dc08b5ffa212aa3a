#ifndef TOOLS_CVR_DECLARATION_YAML_MESSAGE_H_
#define TOOLS_CVR_DECLARATION_YAML_MESSAGE_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "yaml-cpp/yaml.h"

// Messages as they stand in a declaration: a map of fields by their name in the
// .proto file. Durations are such as `24h`, enums lower-case names, patterns
// wildcards, or RE2 after `re:`. Output-only fields are no fields here, and
// secrets are none either: `password` stands as password_env or password_file,
// `client_key_pem` as client_key_env or client_key_file.
namespace cvr::declaration {

// INVALID_ARGUMENT that begins with `file:line: `.
absl::Status ErrorAt(const std::string& file, const YAML::Node& node,
                     absl::string_view what);

// Sets the fields of `message` that the map `node` has, except those in
// `others`, which the caller reads. `mentioned` gets their names, also of those
// that are null, which means: as if left out.
// Errors: as ErrorAt().
absl::Status ReadMessage(const std::string& file, const YAML::Node& node,
                         const std::set<std::string>& others,
                         google::protobuf::Message& message,
                         std::set<std::string>& mentioned);

// A map of the fields that differ from their default.
YAML::Node ToYaml(const google::protobuf::Message& message);

// The field `name` on one line; `default` when it is that.
std::string FieldText(const google::protobuf::Message& message,
                      const std::string& name);

// Whether `name` can stand in a declaration.
bool IsDeclarable(const google::protobuf::FieldDescriptor& field);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_YAML_MESSAGE_H_
