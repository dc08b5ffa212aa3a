#ifndef TOOLS_CVR_COMMANDS_CACHE_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_CACHE_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr cache purge|stats` to `root`, and hidden `cvr purge
// upstream|registry ID`, which was its former name. See CommandGroup.
void AddCacheCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_CACHE_COMMANDS_H_
