#ifndef TOOLS_CVR_COMMANDS_REPOSITORY_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_REPOSITORY_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr repository list` to `root`. See CommandGroup.
void AddRepositoryCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_REPOSITORY_COMMANDS_H_
