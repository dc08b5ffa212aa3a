#ifndef TOOLS_CVR_COMMANDS_FETCH_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_FETCH_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr fetch list|watch|cancel` to `root`. See CommandGroup.
void AddFetchCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_FETCH_COMMANDS_H_
