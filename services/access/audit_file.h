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
  kChange,   // Administration that was let in: `audit.jsonl`.
  kRead,     // Pulls, and lists that clients asked for: `audit-reads.jsonl`.
  kRefusal,  // Who was not let in: `audit-refusals.jsonl`.
};

// Files of JSON lines, for the owner's eyes only: who did what, and who tried.
// Each kind has a file of its own beside the others, so that many of one do not
// push out another. When `audit.jsonl` is full it is renamed to `audit.1.jsonl`
// and so on, and the oldest goes; likewise the others. Refusals beyond 100 a
// second are counted only: the next line says how many were left out.
// Thread-safe.
class AuditFile {
 public:
  struct Options {
    // Of changes; the names of the others follow from it.
    std::string path;
    size_t bytes_max = size_t{100} << 20;
    // Of each kind, besides the one that is written to.
    size_t old_files_max = 10;
  };

  // Appends to what is there. Errors: FAILED_PRECONDITION when it cannot be
  // written.
  static absl::StatusOr<std::unique_ptr<AuditFile>> Open(
      const Options& options);

  ~AuditFile();
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;

  // Adds a line, which is in the file within a second or so. Failures are
  // logged. Text that is no UTF-8 is written with replacement characters.
  void Write(AuditKind kind, const nlohmann::json& line);

  // Opens the files anew, for who has renamed them. Errors: those of Open();
  // then it goes on with the old ones.
  absl::Status Reopen();

 private:
  class Lines;
  explicit AuditFile(std::unique_ptr<Lines> lines);

  const std::unique_ptr<Lines> lines_;
};

// Where lines of `kind` are when changes are in `path`. Pure.
std::string AuditPathOf(AuditKind kind, const std::string& path);

}  // namespace cvr

#endif  // SERVICES_ACCESS_AUDIT_FILE_H_
