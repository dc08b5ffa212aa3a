#ifndef SERVICES_METADATA_RESOURCES_FIELD_MASKS_H_
#define SERVICES_METADATA_RESOURCES_FIELD_MASKS_H_

#include <algorithm>
#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/field_mask.pb.h"
#include "services/common/errors.h"

namespace cvr {

// One path that an update may name, and what it copies.
template <typename Message>
struct MaskedField {
  absl::string_view path;
  void (*copy)(const Message& from, Message& to);
};

inline bool MaskHas(const google::protobuf::FieldMask& mask,
                    absl::string_view path) {
  return std::find(mask.paths().begin(), mask.paths().end(), path) !=
         mask.paths().end();
}

// Copies what `mask` names. Errors: INVALID_ARGUMENT when it names nothing, or
// something that is not among `fields`.
template <typename Message>
absl::Status ApplyMask(const google::protobuf::FieldMask& mask,
                       std::initializer_list<MaskedField<Message>> fields,
                       const Message& from, Message& to) {
  if (mask.paths().empty()) {
    return errors::FieldInvalid("update_mask", "must name a field",
                                v1::FIELD_REQUIRED);
  }
  for (const std::string& path : mask.paths()) {
    const auto* const field = std::find_if(
        fields.begin(), fields.end(),
        [&](const MaskedField<Message>& f) { return f.path == path; });
    if (field == fields.end()) {
      return errors::FieldInvalid(
          "update_mask", absl::StrCat("'", path, "' cannot be updated"),
          v1::FIELD_UNKNOWN);
    }
    field->copy(from, to);
  }
  return absl::OkStatus();
}

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_FIELD_MASKS_H_
