#ifndef SERVICES_BLOB_BLOB_FLAGS_H_
#define SERVICES_BLOB_BLOB_FLAGS_H_

#include <string>

#include "absl/status/status.h"
#include "services/blob/blob_process.h"

namespace cvr {

// What the command line says of the blob service. Blobs are kept in
// `directory`. Numbers that are too small count as the least that is possible.
// Without --instance_name the process is called `default_instance`.
BlobProcess::Options BlobOptionsFromFlags(std::string directory,
                                          std::string default_instance);

// The name of this machine; `blob` when it has none.
std::string HostName();

// Whether --instance_name can be one. Errors: INVALID_ARGUMENT.
absl::Status CheckBlobFlags();

}  // namespace cvr

#endif  // SERVICES_BLOB_BLOB_FLAGS_H_
