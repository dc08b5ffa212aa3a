#ifndef SERVICES_COMMON_AUDIT_FILE_H_
#define SERVICES_COMMON_AUDIT_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace cvr {

// A file of JSON lines, for the owner's eyes only: who did what. When it is
// full `audit.jsonl` is renamed to `audit.1.jsonl` and so on, and the oldest
// goes. Thread-safe.
class AuditFile {
 public:
  struct Options {
    std::string path;
    size_t bytes_max = size_t{100} << 20;
    // Besides the one that is written to.
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
  void Write(const nlohmann::json& line);

 private:
  class Lines;
  explicit AuditFile(std::unique_ptr<Lines> lines);

  const std::unique_ptr<Lines> lines_;
};

}  // namespace cvr

#endif  // SERVICES_COMMON_AUDIT_FILE_H_
