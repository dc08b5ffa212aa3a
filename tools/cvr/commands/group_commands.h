#ifndef TOOLS_CVR_COMMANDS_GROUP_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_GROUP_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr group create|list|get|update|delete` to `root`. See CommandGroup.
void AddGroupCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_GROUP_COMMANDS_H_
