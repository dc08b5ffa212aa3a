#ifndef TOOLS_CVR_COMMANDS_CLEANUP_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_CLEANUP_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr cleanup get|update|run|runs` to `root`. See CommandGroup.
void AddCleanupCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_CLEANUP_COMMANDS_H_
