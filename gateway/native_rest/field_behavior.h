#ifndef GATEWAY_NATIVE_REST_FIELD_BEHAVIOR_H_
#define GATEWAY_NATIVE_REST_FIELD_BEHAVIOR_H_

#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.h"

namespace cvr::native_rest {

// Whether the google.api.field_behavior option of a field says so. Pure.
inline bool Behaves(const google::protobuf::FieldDescriptor& field,
                    google::api::FieldBehavior behavior) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) {
      return true;
    }
  }
  return false;
}

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_FIELD_BEHAVIOR_H_
