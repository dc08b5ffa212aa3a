#ifndef TOOLS_CVR_COMMANDS_SERVER_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_SERVER_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr server info|revision` to `root`. See CommandGroup.
void AddServerCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_SERVER_COMMANDS_H_
