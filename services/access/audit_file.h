#ifndef SERVICES_ACCESS_AUDIT_FILE_H_
#define SERVICES_ACCESS_AUDIT_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace cvr {

// What a line of the audit log is about.
enum class AuditKind {
  kChange,   // Changes by administrators: `audit.jsonl`.
  kRead,     // Pulls and lists by clients: `audit-reads.jsonl`.
  kRefusal,  // Denied requests: `audit-refusals.jsonl`.
};

// The audit log: files of JSON lines with mode 0600 that say who did or tried
// to do what. Each kind has its own file, so that many lines of one kind do not
// push out those of another. A full file is rotated: `audit.jsonl` is renamed
// to `audit.1.jsonl` and so on, and the oldest file is deleted. More than 100
// refusals in a second are only counted, so that an attacker cannot fill the
// log; the next line says how many were left out. Thread-safe.
class AuditFile {
 public:
  struct Options {
    // Path of the file for changes; the other names are derived from it.
    std::string path;
    size_t bytes_max = size_t{100} << 20;
    // Number of rotated files of each kind.
    size_t old_files_max = 10;
  };

  // Appends to what is there. Errors: FAILED_PRECONDITION when it cannot be
  // written.
  static absl::StatusOr<std::unique_ptr<AuditFile>> Open(
      const Options& options);

  ~AuditFile();
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;

  // Adds a line, which is in the file after about a second. Failures are only
  // logged. Bytes that are not UTF-8 are replaced by replacement characters.
  void Write(AuditKind kind, const nlohmann::json& line);

  // Reopens the files after another program (logrotate) has renamed them.
  // Errors: those of Open(); the old files then stay in use.
  absl::Status Reopen();

 private:
  class Lines;
  explicit AuditFile(std::unique_ptr<Lines> lines);

  const std::unique_ptr<Lines> lines_;
};

// Path of the file for `kind` if that for changes is `path`. Pure.
std::string AuditPathOf(AuditKind kind, const std::string& path);

}  // namespace cvr

#endif  // SERVICES_ACCESS_AUDIT_FILE_H_
