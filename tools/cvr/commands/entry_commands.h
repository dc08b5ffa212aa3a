#ifndef TOOLS_CVR_COMMANDS_ENTRY_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_ENTRY_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr entry list|get|expire|delete` to `root`. See CommandGroup.
void AddEntryCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_ENTRY_COMMANDS_H_
