#ifndef SERVICES_METADATA_METADATA_FLAGS_H_
#define SERVICES_METADATA_METADATA_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/metadata/metadata_stack.h"

namespace cvr {

// What the command line says of the metadata service. `admin_token_file` is
// MetadataStack::Options::admin_token_file. INVALID_ARGUMENT naming the flag
// when a duration is not positive, or keys would be replaced sooner than what
// they sign expires.
absl::StatusOr<MetadataStack::Options> MetadataOptionsFromFlags(
    std::string data_dir, std::string admin_token_file);

}  // namespace cvr

#endif  // SERVICES_METADATA_METADATA_FLAGS_H_
