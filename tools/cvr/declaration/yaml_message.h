#ifndef TOOLS_CVR_DECLARATION_YAML_MESSAGE_H_
#define TOOLS_CVR_DECLARATION_YAML_MESSAGE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "yaml-cpp/yaml.h"

// Messages as they stand in a declaration: a map of fields by their name in the
// .proto file. Durations are such as `24h` or `forever`, enums their names
// without the prefix and in lower case (`deny`), or as they are
// (`RULE_ACTION_DENY`), patterns wildcards, or RE2 after `re:`. Fields that
// only servers set are no fields here. Secrets are none either: each stands as
// the name of a variable or a file, `password` as password_env or
// password_file, `client_key_pem` as client_key_env or client_key_file. Both
// are known by the options of the fields.
//
// A path names a field that is compared and changed as a whole: `description`,
// `cache_policy.tag_ttl`, `credentials`.
namespace cvr::declaration {

// INVALID_ARGUMENT that begins with `file:line: `.
absl::Status ErrorAt(const std::string& file, const YAML::Node& node,
                     absl::string_view what);

// Sets the fields of `message` that the map `node` has, except those in
// `others`, which the caller reads. `mentioned` gets their paths, also of those
// that are null, which means: the default.
// Errors: as ErrorAt().
absl::Status ReadMessage(const std::string& file, const YAML::Node& node,
                         const std::set<std::string>& others,
                         google::protobuf::Message& message,
                         std::set<std::string>& mentioned);

// A map of the fields that differ from their default.
YAML::Node ToYaml(const google::protobuf::Message& message);

// The field at `path` on one line; `default` when it is that.
std::string FieldText(const google::protobuf::Message& message,
                      const std::string& path);

// The paths of all that can stand in a declaration of `type`, in the order of
// the .proto file.
std::vector<std::string> DeclarablePaths(
    const google::protobuf::Descriptor& type);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_YAML_MESSAGE_H_
