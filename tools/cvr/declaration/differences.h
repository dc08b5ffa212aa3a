#ifndef TOOLS_CVR_DECLARATION_DIFFERENCES_H_
#define TOOLS_CVR_DECLARATION_DIFFERENCES_H_

#include <algorithm>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
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

inline void Remove(google::protobuf::FieldMask& mask, const std::string& path) {
  auto& paths = *mask.mutable_paths();
  paths.erase(std::remove(paths.begin(), paths.end(), path), paths.end());
}

// Fields in which `declared` differs from `current`: of those that it mentions,
// or with `whole` of all.
template <typename Message>
google::protobuf::FieldMask Differences(const Declared<Message>& declared,
                                        const Message& current, bool whole,
                                        std::vector<FieldChange>& fields) {
  google::protobuf::FieldMask mask;
  const auto& type = *Message::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const std::string& name = type.field(i)->name();
    if (!IsDeclarable(*type.field(i)) || name == "name") continue;
    if (!whole && declared.mentioned.count(name) == 0) continue;
    const std::string before = FieldText(current, name);
    const std::string after = FieldText(declared.value, name);
    if (before == after) continue;
    fields.push_back({name, before, after});
    mask.add_paths(name);
  }
  return mask;
}

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_DIFFERENCES_H_
