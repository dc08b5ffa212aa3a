#include "services/process/data_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/status_macros.h"
#include "services/process/private_files.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(
    bool, create, false,
    "Initialize --data_dir even if a data directory existed there before, or "
    "if it contains other files. Without --create, a missing or empty "
    "directory is initialized only if there was no data directory before.");

namespace cvr {
namespace {

namespace fs = std::filesystem;

constexpr char kLockFile[] = "cvr.lock";

std::string ContentOf(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool Exists(const fs::path& path) {
  std::error_code failure;
  return fs::exists(path, failure);
}

// Whose it is; empty = nobody's. Services before this one left no name.
std::string OwnerOf(const fs::path& directory) {
  const std::string name = ContentOf(directory / kLockFile);
  if (!name.empty()) return std::string(absl::StripSuffix(name, "\n"));
  if (Exists(directory / "metadata" / "store")) return "cvr-standalone";
  if (Exists(directory / "store")) return "cvr-metadata";
  if (Exists(directory / "db")) return "cvr-blob";
  return "";
}

// A cache that is lost is no loss, registries are.
bool HasLostRegistries(const fs::path& directory) {
  return Exists(directory / "admin-token") &&
         !Exists(directory / "metadata" / "store" / "CURRENT") &&
         !Exists(directory / "store" / "CURRENT");
}

// A new file system has a directory of its own.
bool IsOfTheFileSystem(const fs::path& name) { return name == "lost+found"; }

// But for the lock.
bool IsEmpty(const fs::path& directory) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    const fs::path name = entry.path().filename();
    if (name != kLockFile && !IsOfTheFileSystem(name)) return false;
  }
  return true;
}

fs::path NoteOf(const std::string& path) {
  fs::path directory = fs::absolute(path).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  return directory.parent_path() /
         absl::StrCat(".", directory.filename().string(), ".cvr");
}

struct flock WholeFile(short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

// Of another process; 0 = nobody has locked it.
pid_t HolderOf(int fd) {
  struct flock lock = WholeFile(F_WRLCK);
  if (fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return 0;
  return lock.l_pid;
}

std::string Used(const std::string& path, pid_t holder) {
  // Unknown when it has ended meanwhile, or is on another host.
  return absl::StrCat("another process uses ", path,
                      holder > 0 ? absl::StrCat(" (pid ", holder, ")") : "");
}

}  // namespace

absl::StatusOr<DataDirectory> DataDirectory::Find(const std::string& path,
                                                  const std::string& service,
                                                  bool create) {
  DataDirectory directory(path, service);
  RETURN_IF_ERROR(directory.Look(create));
  return directory;
}

absl::StatusOr<DataDirectory> DataDirectory::FromFlags(
    const std::string& path, const std::string& service) {
  return Find(path, service, absl::GetFlag(FLAGS_create));
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      service_(std::move(other.service_)),
      is_new_(other.is_new_),
      made_(std::exchange(other.made_, Made::kNothing)),
      lock_(std::exchange(other.lock_, -1)) {}

DataDirectory::~DataDirectory() {
  std::error_code ignored;
  if (made_ != Made::kNothing) fs::remove(NoteOf(path_), ignored);
  if (made_ == Made::kDirectory) fs::remove_all(path_, ignored);
  if (made_ == Made::kContent) {
    for (const auto& entry : fs::directory_iterator(path_, ignored)) {
      if (IsOfTheFileSystem(entry.path().filename())) continue;
      fs::remove_all(entry.path(), ignored);
    }
  }
  if (lock_ >= 0) close(lock_);
}

absl::Status DataDirectory::Error(const std::string& detail) const {
  return absl::FailedPreconditionError(
      absl::StrCat("--data_dir=", path_, ": ", detail));
}

absl::Status DataDirectory::Look(bool create) {
  if (path_.empty()) return Error("must be set");
  std::error_code failure;
  const fs::file_status status = fs::status(path_, failure);
  const bool exists = fs::exists(status);
  if (exists && !fs::is_directory(status))
    return Error("exists but is not a directory");
  if (exists && access(path_.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Error(std::strerror(errno));
  }
  const std::string owner = OwnerOf(path_);
  is_new_ = owner.empty();
  if (!is_new_) {
    RETURN_IF_ERROR(CheckOwner(owner));
    RETURN_IF_ERROR(CheckUnused());
  }
  if (create) return absl::OkStatus();
  if (HasLostRegistries(path_)) {
    return Error(
        "its data are gone, only 'admin-token' is left: is a file system not "
        "mounted? --create begins anew");
  }
  if (!is_new_) return absl::OkStatus();
  if (exists && !IsEmpty(path_)) {
    return Error(
        "has files but is no data directory; --create makes it one, and its "
        "files the owner's alone");
  }
  if (const std::string note = ContentOf(NoteOf(path_)); !note.empty()) {
    return Error(absl::StrCat(
        exists ? "is empty" : "is missing", ", and has been a data directory (",
        absl::StripSuffix(note, "\n"),
        "): is its file system mounted? --create makes a new one"));
  }
  return absl::OkStatus();
}

absl::Status DataDirectory::CheckOwner(absl::string_view owner) const {
  if (owner == service_) return absl::OkStatus();
  return Error(absl::StrCat("holds the data of ", owner, "; give ", service_,
                            " a directory of its own"));
}

absl::Status DataDirectory::CheckUnused() const {
  const std::string lock_file = absl::StrCat(path_, "/", kLockFile);
  const int fd = open(lock_file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::OkStatus();
  const pid_t holder = HolderOf(fd);
  close(fd);
  return holder == 0 ? absl::OkStatus() : Error(Used(path_, holder));
}

absl::Status DataDirectory::Claim() {
  std::error_code failure;
  const bool existed = fs::exists(path_);
  fs::create_directories(path_, failure);
  if (failure) return Error(failure.message());
  const auto changed = MakePrivate(path_);
  if (!changed.ok()) return Error(std::string(changed.status().message()));
  if (*changed > 0) {
    spdlog::warn(
        "{}: {} files and directories were open to other users; they are the "
        "owner's alone now",
        path_, *changed);
  }
  RETURN_IF_ERROR(Lock());
  // Known only now: another process may have been here meanwhile.
  if (is_new_ && IsEmpty(path_)) {
    made_ = existed ? Made::kContent : Made::kDirectory;
  }
  NoteBeside();
  return absl::OkStatus();
}

absl::Status DataDirectory::Lock() {
  const std::string lock_file = absl::StrCat(path_, "/", kLockFile);
  lock_ = open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return Error(std::strerror(errno));
  struct flock lock = WholeFile(F_WRLCK);
  if (fcntl(lock_, F_SETLK, &lock) != 0) {
    return Error(Used(path_, HolderOf(lock_)));
  }
  const std::string name = absl::StrCat(service_, "\n");
  // Somebody else may have made it since Look(). Read through this descriptor:
  // closing another one of the file would end the lock.
  char found[64] = {};
  if (pread(lock_, found, sizeof(found) - 1, 0) > 0) {
    RETURN_IF_ERROR(CheckOwner(absl::StripSuffix(found, "\n")));
    is_new_ = false;
  }
  if (ftruncate(lock_, 0) != 0 || pwrite(lock_, name.data(), name.size(), 0) !=
                                      static_cast<ssize_t>(name.size())) {
    return Error(std::strerror(errno));
  }
  return absl::OkStatus();
}

// Where the parent belongs to somebody else, nothing is noted.
void DataDirectory::NoteBeside() const {
  std::ofstream note(NoteOf(path_));
  note << "of " << service_ << "\n";
}

}  // namespace cvr
