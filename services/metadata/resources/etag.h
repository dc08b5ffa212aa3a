#ifndef SERVICES_METADATA_RESOURCES_ETAG_H_
#define SERVICES_METADATA_RESOURCES_ETAG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/errors.h"

namespace cvr {

// Tags of versions of resources, against lost updates: a later version never
// has the tag of an earlier one, also not of what bore the same name before.
// Opaque to clients. Pure.

// Of the version after the one that `current` is of; empty = the first.
std::string NextEtag(absl::string_view current, absl::Time now);

// Whether who has seen the version `wanted` may change this one; empty = it
// does not matter. Errors: ABORTED with ETAG_MISMATCH about `resource`.
absl::Status CheckEtag(const ErrorResource& resource, absl::string_view wanted,
                       absl::string_view current);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_ETAG_H_
