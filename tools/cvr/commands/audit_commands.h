#ifndef TOOLS_CVR_COMMANDS_AUDIT_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_AUDIT_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr audit list|get|watch` to `root`. See CommandGroup.
void AddAuditCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_AUDIT_COMMANDS_H_
