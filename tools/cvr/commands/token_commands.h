#ifndef TOOLS_CVR_COMMANDS_TOKEN_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_TOKEN_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr token create|get|list|revoke` and `cvr whoami` to `root`. See
// CommandGroup.
void AddTokenCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_TOKEN_COMMANDS_H_
