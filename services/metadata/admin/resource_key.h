#ifndef SERVICES_METADATA_ADMIN_RESOURCE_KEY_H_
#define SERVICES_METADATA_ADMIN_RESOURCE_KEY_H_

#include <string>

#include "absl/status/status.h"
#include "services/common/errors.h"

namespace cvr {

// Gives a resource that an update creates the group and name of the key that
// names it, where it has none itself. Errors: INVALID_ARGUMENT when it has
// others.
template <typename Key>
absl::Status TakeKey(const Key& key, std::string& group, std::string& name) {
  if (group.empty()) group = key.group();
  if (name.empty()) name = key.name();
  if (group != key.group()) {
    return errors::FieldInvalid("group", "must be that of the key");
  }
  if (name != key.name()) {
    return errors::FieldInvalid("name", "must be that of the key");
  }
  return absl::OkStatus();
}

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_RESOURCE_KEY_H_
