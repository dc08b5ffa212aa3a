#include "services/access/audit_flags.h"

#include <cstdint>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "services/common/status_macros.h"
#include "services/process/byte_size.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(std::string, audit_log_file, "",
          "Audit log file (JSON Lines): who changed what. Pulls and refused "
          "requests are logged beside it, in files whose names have -reads and "
          "-refusals before the suffix. If empty: audit.jsonl in the data "
          "directory, or no audit log for a process without a data directory "
          "(cvr-gateway). none = no audit log.");
ABSL_FLAG(cvr::ByteSize, audit_log_max_bytes,
          cvr::ByteSize(uint64_t{100} << 20),
          "Rotate an audit log file when it reaches this size in bytes. "
          "Rotated files are audit.1.jsonl, audit.2.jsonl and so on, "
          "separately for each kind of file.");
ABSL_FLAG(int, audit_log_files, 10,
          "Number of rotated audit log files to keep, for each kind of file. "
          "The oldest is deleted.");

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
