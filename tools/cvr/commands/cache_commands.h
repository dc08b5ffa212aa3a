#ifndef TOOLS_CVR_COMMANDS_CACHE_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_CACHE_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr purge upstream|registry|entry`, `cvr refresh` and `cvr stats`: what
// concerns the cache as a whole. See CommandGroup.
void AddCacheCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_CACHE_COMMANDS_H_
