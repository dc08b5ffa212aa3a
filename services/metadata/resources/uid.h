#ifndef SERVICES_METADATA_RESOURCES_UID_H_
#define SERVICES_METADATA_RESOURCES_UID_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"

namespace cvr {

// The uid of a resource: a UUID of version 8 (RFC 9562, section 5.8) that is
// made of SHA-256 over the three. So it is not stored, resources of earlier
// revisions have one, and what is deleted and created again with the same id
// has another one. `kind` is the resource's type, `registry`. Pure.
std::string UidOf(absl::string_view kind, int64_t id,
                  const google::protobuf::Timestamp& create_time);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_UID_H_
