#ifndef SERVICES_PROCESS_READY_FILE_H_
#define SERVICES_PROCESS_READY_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace cvr {

// The addresses that a process serves on, with the ports that it got. Empty
// where it has no such surface.
struct BoundAddresses {
  std::string http;
  std::string grpc;
};

// Removes the --ready_file that an earlier process has left, so that nobody
// takes it for this one's. To be called before anything is served. Errors:
// FAILED_PRECONDITION naming the flag: also when no file could be written
// there.
absl::Status RemoveReadyFile();

// Writes --ready_file, if one is wanted: JSON with the members `http` and
// `grpc`. It appears all at once, so who sees it may connect.
// Errors: FAILED_PRECONDITION.
absl::Status WriteReadyFile(const BoundAddresses& addresses);

}  // namespace cvr

#endif  // SERVICES_PROCESS_READY_FILE_H_
