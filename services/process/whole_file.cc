#include "services/process/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr mode_t kOwnerOnly = 0600;

// Of the last system call.
absl::Status Failed(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": ", std::strerror(errno)));
}

std::string TemporaryPathOf(const std::string& path) { return path + ".new"; }

bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// Makes the temporary file of `path`. Made anew, so that nobody has it open.
absl::Status WriteTemporary(const std::string& path, absl::string_view content,
                            FileSync sync) {
  const std::string temporary = TemporaryPathOf(path);
  unlink(temporary.c_str());
  const int fd = open(temporary.c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return Failed(path);
  const absl::Cleanup close_it = [&] { close(fd); };
  if (WriteAll(fd, content) && (sync == FileSync::kNone || fsync(fd) == 0)) {
    return absl::OkStatus();
  }
  const absl::Status failed = Failed(path);
  unlink(temporary.c_str());
  return failed;
}

absl::Status SyncDirectoryOf(const std::string& path) {
  std::string directory = std::filesystem::path(path).parent_path();
  // Not ".": GCC 12 takes that for overlapping memory when it optimizes.
  if (directory.empty()) directory.assign(1, '.');
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed(directory);
  const absl::Cleanup close_it = [&] { close(fd); };
  return fsync(fd) == 0 ? absl::OkStatus() : Failed(directory);
}

// Gives the temporary file its name by `name_it`, which is rename() or link().
absl::Status Write(const std::string& path, absl::string_view content,
                   FileSync sync, int (*name_it)(const char*, const char*)) {
  RETURN_IF_ERROR(WriteTemporary(path, content, sync));
  const std::string temporary = TemporaryPathOf(path);
  absl::Status status;
  if (name_it(temporary.c_str(), path.c_str()) != 0) {
    const bool exists = errno == EEXIST;
    status = Failed(path);
    if (exists) status = absl::AlreadyExistsError(status.message());
  }
  unlink(temporary.c_str());  // After rename() there is none.
  if (!status.ok() || sync == FileSync::kNone) return status;
  return SyncDirectoryOf(path);
}

}  // namespace

absl::Status ReplaceFile(const std::string& path, absl::string_view content,
                         FileSync sync) {
  return Write(path, content, sync, &std::rename);
}

absl::Status CreateFile(const std::string& path, absl::string_view content,
                        FileSync sync) {
  return Write(path, content, sync, &link);
}

}  // namespace cvr
