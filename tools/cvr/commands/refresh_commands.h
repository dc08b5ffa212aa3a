#ifndef TOOLS_CVR_COMMANDS_REFRESH_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_REFRESH_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr refresh tag|tags` and `cvr prefetch` to `root`. See CommandGroup.
void AddRefreshCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_REFRESH_COMMANDS_H_
