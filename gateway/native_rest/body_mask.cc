#include "gateway/native_rest/body_mask.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/native_rest/field_behavior.h"

namespace cvr::native_rest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool CanChange(const FieldDescriptor& field) {
  return !Behaves(field, google::api::OUTPUT_ONLY) &&
         !Behaves(field, google::api::IMMUTABLE) && field.name() != "etag";
}

// As deep as the body, whose depth is bounded.
void AddPaths(const Descriptor& message, const Json& body,
              const std::string& prefix, google::protobuf::FieldMask& mask) {
  for (const auto& [name, value] : body.items()) {
    const FieldDescriptor* const field = FindField(message, name);
    if (field == nullptr || !CanChange(*field)) continue;
    const std::string path = absl::StrCat(prefix, field->name());
    if (!IsLeaf(*field) && !field->is_repeated() && value.is_object() &&
        !value.empty()) {
      AddPaths(*field->message_type(), value, absl::StrCat(path, "."), mask);
    } else {
      mask.add_paths(path);
    }
  }
}

}  // namespace

google::protobuf::FieldMask MaskOf(const Descriptor& message,
                                   const Json& body) {
  google::protobuf::FieldMask mask;
  if (body.is_object()) AddPaths(message, body, "", mask);
  return mask;
}

}  // namespace cvr::native_rest
