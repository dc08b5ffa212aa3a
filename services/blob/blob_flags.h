#ifndef SERVICES_BLOB_BLOB_FLAGS_H_
#define SERVICES_BLOB_BLOB_FLAGS_H_

#include <string>

#include "services/blob/blob_process.h"

namespace cvr {

// What the command line says of the blob service. Blobs are kept in
// `directory`. Numbers that are too small count as the least that is possible.
BlobProcess::Options BlobOptionsFromFlags(std::string directory);

}  // namespace cvr

#endif  // SERVICES_BLOB_BLOB_FLAGS_H_
