#ifndef TOOLS_CVR_DECLARATION_FORMER_FIELDS_H_
#define TOOLS_CVR_DECLARATION_FORMER_FIELDS_H_

#include <string>

#include "absl/status/status.h"
#include "yaml-cpp/yaml.h"

// Declarations of earlier releases had other names of fields. They are read as
// the fields of now, with the meaning that they had: 0 in `cache_validity` was
// for ever.
namespace cvr::declaration {

// Changes the map of an upstream, or of a cleanup policy, so that it has the
// fields of now only. What is no map, and unknown fields, stay as they are.
// Errors: as ErrorAt(), when a field stands under both names.
absl::Status RenameFormerFieldsOfUpstream(const std::string& file,
                                          YAML::Node node);
absl::Status RenameFormerFieldsOfCleanupPolicy(const std::string& file,
                                               YAML::Node node);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_FORMER_FIELDS_H_
