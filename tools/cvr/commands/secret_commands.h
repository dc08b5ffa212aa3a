#ifndef TOOLS_CVR_COMMANDS_SECRET_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_SECRET_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr secret rotate` to `root`. See CommandGroup.
void AddSecretCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_SECRET_COMMANDS_H_
