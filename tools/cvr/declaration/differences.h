#ifndef TOOLS_CVR_DECLARATION_DIFFERENCES_H_
#define TOOLS_CVR_DECLARATION_DIFFERENCES_H_

#include <algorithm>
#include <string>
#include <vector>

#include "google/protobuf/field_mask.pb.h"
#include "tools/cvr/declaration/declaration.h"
#include "tools/cvr/declaration/plan.h"
#include "tools/cvr/declaration/yaml_message.h"

// A part of plan.cc: what a declared message changes.
namespace cvr::declaration {

inline bool Has(const google::protobuf::FieldMask& mask,
                const std::string& path) {
  return std::count(mask.paths().begin(), mask.paths().end(), path) > 0;
}

// Paths at which `declared` differs from `current`: of those that it mentions,
// or with `whole` of all.
template <typename Message>
google::protobuf::FieldMask Differences(const Declared<Message>& declared,
                                        const Message& current, bool whole,
                                        std::vector<FieldChange>& fields) {
  google::protobuf::FieldMask mask;
  for (const std::string& path : DeclarablePaths(*Message::descriptor())) {
    if (path == "name") continue;
    if (!whole && declared.mentioned.count(path) == 0) continue;
    const std::string before = FieldText(current, path);
    const std::string after = FieldText(declared.value, path);
    if (before == after) continue;
    fields.push_back({path, before, after});
    mask.add_paths(path);
  }
  return mask;
}

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_DIFFERENCES_H_
