#ifndef TOOLS_CVR_COMMANDS_OPERATION_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_OPERATION_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr operation list|get|wait|cancel` to `root`. See CommandGroup.
void AddOperationCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_OPERATION_COMMANDS_H_
