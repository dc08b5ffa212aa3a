#include "services/process/private_files.h"

#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr mode_t kOthers = 077;

absl::Status Failed(const FTSENT& entry, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat(entry.fts_path, ": ", std::strerror(error)));
}

// Whether it was changed.
absl::StatusOr<bool> MakeEntryPrivate(const FTSENT& entry) {
  const struct stat& info = *entry.fts_statp;
  if (info.st_uid != geteuid()) {
    if (info.st_uid == 0 && entry.fts_level > 0) return false;
    return absl::FailedPreconditionError(
        absl::StrCat(entry.fts_path, " belongs to user ", info.st_uid,
                     ", not to this process's user ", geteuid(), ": chown it"));
  }
  if ((info.st_mode & kOthers) == 0) return false;
  if (chmod(entry.fts_accpath, info.st_mode & 07777 & ~kOthers) != 0) {
    return Failed(entry, errno);
  }
  return true;
}

}  // namespace

absl::StatusOr<int> MakePrivate(const std::string& directory) {
  // With a slash, so that a link to the directory is followed, as by everything
  // else.
  std::string root = directory + "/";
  char* const roots[] = {root.data(), nullptr};
  FTS* const walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, nullptr);
  if (walk == nullptr) {
    return absl::FailedPreconditionError(std::strerror(errno));
  }
  const absl::Cleanup closer = [walk] { fts_close(walk); };
  int changed = 0;
  while (const FTSENT* const entry = fts_read(walk)) {
    switch (entry->fts_info) {
      case FTS_D:
      case FTS_F:
      case FTS_DEFAULT: {
        ASSIGN_OR_RETURN(const bool was_open, MakeEntryPrivate(*entry));
        changed += was_open ? 1 : 0;
        break;
      }
      case FTS_DNR:
        // Somebody else's, such as `lost+found`, or not to be read by us.
        if (entry->fts_statp->st_uid == geteuid()) {
          return Failed(*entry, entry->fts_errno);
        }
        break;
      default:
        // Directories once more, links, and what has gone meanwhile.
        break;
    }
  }
  return changed;
}

}  // namespace cvr
