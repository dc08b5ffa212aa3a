#ifndef SERVICES_METADATA_METADATA_FLAGS_H_
#define SERVICES_METADATA_METADATA_FLAGS_H_

#include <string>

#include "services/metadata/metadata_stack.h"

namespace cvr {

// What the command line says of the metadata service.
MetadataStack::Options MetadataOptionsFromFlags(std::string data_dir);

}  // namespace cvr

#endif  // SERVICES_METADATA_METADATA_FLAGS_H_
