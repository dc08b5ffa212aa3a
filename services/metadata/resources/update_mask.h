#ifndef SERVICES_METADATA_RESOURCES_UPDATE_MASK_H_
#define SERVICES_METADATA_RESOURCES_UPDATE_MASK_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace cvr {

// Which fields of a resource an update sets, by the rules that every `Update`
// method follows:
//   * without a mask: the fields that are set in what is given;
//   * `*`: all that a caller may set. Fields that are INPUT_ONLY, and messages
//     that hold nothing else, stay when they are absent in what is given: a
//     caller that has read the resource does not have them;
//   * otherwise the paths that the mask names, also of fields in messages
//     (`limits.concurrent_requests`). A repeated or map field is replaced as a
//     whole. A path to what is not set removes it.
// `etag` is a condition of an update, never a part of it: it is passed over.
//
// OUTPUT_ONLY and IMMUTABLE fields (google.api.field_behavior) cannot be set.
// Where a caller names one all the same, it must have the value that the
// resource has; without a mask and by `*`, OUTPUT_ONLY ones are passed over,
// and IMMUTABLE ones that are set must have that value. A value type; pure.
class UpdateMask {
 public:
  // Errors: INVALID_ARGUMENT about `update_mask` (FIELD_UNKNOWN) for a path
  // that names no field, one that passes through a repeated field, or `*` next
  // to others.
  static absl::StatusOr<UpdateMask> Resolve(
      const google::protobuf::FieldMask& mask,
      const google::protobuf::Message& given);

  // Copies the fields from `given` into `resource`, which has the same type;
  // other fields stay. Errors: INVALID_ARGUMENT that names each field that
  // cannot be set, as in the resource; `resource` is unchanged then.
  absl::Status Apply(const google::protobuf::Message& given,
                     google::protobuf::Message& resource) const;

  // Whether Apply() sets this field, as a whole or in part: Names("tls") is
  // true for `tls` and for `tls.ca_bundle_pem`, and so is
  // Names("tls.ca_bundle_pem") for `tls`.
  bool Names(absl::string_view path) const;

  // What Apply() sets, outermost first, without passed over fields.
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  enum class Kind { kSetFields, kAll, kNamed };

  UpdateMask(Kind kind, std::vector<std::string> paths)
      : kind_(kind), paths_(std::move(paths)) {}

  Kind kind_;
  std::vector<std::string> paths_;
};

// UpdateMask::Resolve() and Apply().
absl::Status ApplyUpdate(const google::protobuf::FieldMask& mask,
                         const google::protobuf::Message& given,
                         google::protobuf::Message& resource);

// Whether all REQUIRED fields of `message` are set, also those of messages that
// are set in it. `prefix` comes before the names of fields (`registry.`).
// Errors: INVALID_ARGUMENT that names each that is missing (FIELD_REQUIRED).
absl::Status CheckRequired(const google::protobuf::Message& message,
                           absl::string_view prefix = "");

// Clears all OUTPUT_ONLY fields, also in messages: what a caller sends of them
// at Create counts for nothing.
void ClearOutputOnly(google::protobuf::Message& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_UPDATE_MASK_H_
