#ifndef TOOLS_CVR_COMMANDS_AUDIT_VIEW_H_
#define TOOLS_CVR_COMMANDS_AUDIT_VIEW_H_

#include <string>
#include <vector>

#include "cvr/v1/audit_event.pb.h"

namespace cvr {

// Audit events as a table, one with all its fields, and one on a line, which
// ends without a line break and has no characters that could drive a terminal.
std::string AuditTable(const std::vector<v1::AuditEvent>& events);
std::string AuditFields(const v1::AuditEvent& event);
std::string AuditLine(const v1::AuditEvent& event);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_AUDIT_VIEW_H_
