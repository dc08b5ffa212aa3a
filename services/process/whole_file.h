#ifndef SERVICES_PROCESS_WHOLE_FILE_H_
#define SERVICES_PROCESS_WHOLE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// Files that are never there in part: the bytes are written to a temporary file
// beside the wanted one (its name with `.new`), and only a complete one gets
// the name. The file belongs to this process's user and has mode 0600. A
// temporary file that a crash has left is replaced by the next attempt, and one
// that cannot be used is removed. One writer of a path at a time; any thread.
//
// Errors are FAILED_PRECONDITION with `PATH: REASON` as the message, for the
// caller to say what the file is.
namespace cvr {

// What a successful write survives.
enum class FileSync {
  kNone,     // The end of the process.
  kDurable,  // A crash of the machine: file and directory are on the disk.
};

// Makes `path` a file that holds `content`, in place of the one that has the
// name, if any; of a symbolic link, in place of the link. A process that has
// the earlier file open keeps that one.
absl::Status ReplaceFile(const std::string& path, absl::string_view content,
                         FileSync sync);

// The same where nothing has the name. Further error: ALREADY_EXISTS if
// something has it, which stays as it is.
absl::Status CreateFile(const std::string& path, absl::string_view content,
                        FileSync sync);

}  // namespace cvr

#endif  // SERVICES_PROCESS_WHOLE_FILE_H_
