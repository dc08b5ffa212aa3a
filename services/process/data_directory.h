#ifndef SERVICES_PROCESS_DATA_DIRECTORY_H_
#define SERVICES_PROCESS_DATA_DIRECTORY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// The data directory of a service (--data_dir), in three steps, so that a start
// which fails for another reason leaves nothing behind: Find() looks and makes
// nothing, Claim() makes it and takes it for this process, Keep() says that the
// start went well.
//
// In the directory, `cvr.lock` names the service that it belongs to and is
// locked while a process uses it. Beside it, `.NAME.cvr` says that there was
// one: a directory that is missing or empty later (a mistyped path, a file
// system that is not mounted) is not taken for a new one.
//
// To be used by one thread.
class DataDirectory {
 public:
  // `path` for `service`, such as `cvr-metadata`; `create`: it may be made anew
  // where there was one before, and in a directory that has other files.
  // Errors: FAILED_PRECONDITION, naming --data_dir, when it is not set, is
  // no directory, is another service's, is used by another process (with its
  // pid), has files that are none of ours, or has lost its data or is gone.
  static absl::StatusOr<DataDirectory> Find(const std::string& path,
                                            const std::string& service,
                                            bool create);
  // The same, `create` as --create says.
  static absl::StatusOr<DataDirectory> FromFlags(const std::string& path,
                                                 const std::string& service);

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;
  // Gives it back. Where there was nothing before Claim(), and it is not to be
  // kept, it is removed with all that is in it: what writes there must be gone.
  ~DataDirectory();

  const std::string& path() const { return path_; }
  // Whether no service has used it yet.
  bool is_new() const { return is_new_; }

  // Makes it and its parents when they are missing, and everything in it its
  // owner's alone (private_files.h), which is logged when it was not. Call
  // once. Errors: those of Find(); FAILED_PRECONDITION when it cannot be
  // written to or belongs to another user.
  absl::Status Claim();
  // Nothing is removed any more.
  void Keep() { made_ = Made::kNothing; }

 private:
  enum class Made { kNothing, kContent, kDirectory };

  DataDirectory(std::string path, std::string service)
      : path_(std::move(path)), service_(std::move(service)) {}

  absl::Status Error(const std::string& detail) const;
  absl::Status Look(bool create);
  absl::Status CheckOwner(absl::string_view owner) const;
  absl::Status CheckUnused() const;
  absl::Status Lock();
  void NoteBeside() const;

  std::string path_;
  std::string service_;
  bool is_new_ = false;
  Made made_ = Made::kNothing;
  int lock_ = -1;
};

}  // namespace cvr

#endif  // SERVICES_PROCESS_DATA_DIRECTORY_H_
