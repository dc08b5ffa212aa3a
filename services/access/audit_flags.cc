#include "services/access/audit_flags.h"

#include <cstdint>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "services/common/status_macros.h"
#include "services/process/byte_size.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(
    std::string, audit_log_file, "",
    "Where it is written, as JSON lines, who changed what, beside the log; "
    "who pulled what, and who was refused, is beside it in files whose names "
    "have -reads and -refusals before the suffix. Empty: audit.jsonl in the "
    "data directory, and "
    "nowhere for a process without one. none = nowhere.");
ABSL_FLAG(cvr::ByteSize, audit_log_max_bytes,
          cvr::ByteSize(uint64_t{100} << 20),
          "A file of the audit log that is larger is put aside, as "
          "audit.1.jsonl and so on, each kind by itself.");
ABSL_FLAG(int, audit_log_files, 10,
          "How many files of each kind of the audit log are kept aside.");

namespace cvr {

absl::Status CheckAuditFlags() {
  if (absl::GetFlag(FLAGS_audit_log_max_bytes).bytes == 0) {
    return absl::InvalidArgumentError(
        "--audit_log_max_bytes must be greater than 0");
  }
  const int files = absl::GetFlag(FLAGS_audit_log_files);
  if (files < 0 || files > 1000) {
    return absl::InvalidArgumentError("--audit_log_files must be 0 to 1000");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<AuditFile>> AuditFileFromFlags(
    const std::string& default_path) {
  AuditFile::Options options;
  options.path = absl::GetFlag(FLAGS_audit_log_file);
  if (options.path == "none") return nullptr;
  if (options.path.empty()) options.path = default_path;
  if (options.path.empty()) return nullptr;
  RETURN_IF_ERROR(CheckAuditFlags());
  options.bytes_max = absl::GetFlag(FLAGS_audit_log_max_bytes).bytes;
  options.old_files_max =
      static_cast<size_t>(absl::GetFlag(FLAGS_audit_log_files));
  return AuditFile::Open(options);
}

void ReopenOnHangup(AuditFile* audit, StopSignal& stop) {
  if (audit == nullptr) return;
  stop.OnHangup([audit] {
    const absl::Status status = audit->Reopen();
    if (status.ok()) {
      spdlog::info("SIGHUP: opened the audit log again");
    } else {
      spdlog::error("SIGHUP: going on with the old audit log: {}",
                    std::string(status.message()));
    }
  });
}

}  // namespace cvr
