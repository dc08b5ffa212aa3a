#ifndef TOOLS_CVR_COMMANDS_EXPLAIN_COMMAND_H_
#define TOOLS_CVR_COMMANDS_EXPLAIN_COMMAND_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr explain` to `root`. See CommandGroup.
void AddExplainCommand(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_EXPLAIN_COMMAND_H_
