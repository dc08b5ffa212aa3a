#ifndef TOOLS_CVR_COMMANDS_STORAGE_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_STORAGE_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr storage stats` to `root`. See CommandGroup.
void AddStorageCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_STORAGE_COMMANDS_H_
