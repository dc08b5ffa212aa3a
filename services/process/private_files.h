#ifndef SERVICES_PROCESS_PRIVATE_FILES_H_
#define SERVICES_PROCESS_PRIVATE_FILES_H_

#include <string>

#include "absl/status/statusor.h"

namespace cvr {

// Takes all rights of other users from `directory` and everything in it, and
// returns how much was changed. Symbolic links are not followed; what belongs
// to root is left alone by a process of another user, such as `lost+found`.
// Errors: FAILED_PRECONDITION naming what belongs to another user, who could
// change it at will, or cannot be changed.
absl::StatusOr<int> MakePrivate(const std::string& directory);

}  // namespace cvr

#endif  // SERVICES_PROCESS_PRIVATE_FILES_H_
