#ifndef SERVICES_ACCESS_AUDIT_FLAGS_H_
#define SERVICES_ACCESS_AUDIT_FLAGS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/access/audit_file.h"
#include "services/process/process.h"

namespace cvr {

// Whether the flags make sense, without making anything. Errors:
// INVALID_ARGUMENT.
absl::Status CheckAuditFlags();

// The file that --audit_log_file, --audit_log_max_bytes and --audit_log_files
// want; null when there is to be none. `default_path` is where it is unless a
// flag says otherwise; empty = nowhere. Errors: INVALID_ARGUMENT for the flags;
// those of AuditFile::Open().
absl::StatusOr<std::unique_ptr<AuditFile>> AuditFileFromFlags(
    const std::string& default_path);

// Has SIGHUP open the files anew. `audit` may be null, and must outlive `stop`.
void ReopenOnHangup(AuditFile* audit, StopSignal& stop);

}  // namespace cvr

#endif  // SERVICES_ACCESS_AUDIT_FLAGS_H_
