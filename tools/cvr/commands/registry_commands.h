#ifndef TOOLS_CVR_COMMANDS_REGISTRY_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_REGISTRY_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr registry create|list|get|update|delete` to `root`. See
// CommandGroup.
void AddRegistryCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_REGISTRY_COMMANDS_H_
