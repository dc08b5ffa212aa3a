#ifndef TOOLS_CVR_COMMANDS_WATCH_COMMAND_H_
#define TOOLS_CVR_COMMANDS_WATCH_COMMAND_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr watch` to `root`. See AddCommand().
void AddWatchCommand(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_WATCH_COMMAND_H_
