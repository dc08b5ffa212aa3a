#ifndef TOOLS_CVR_COMPLETION_COMPLETION_COMMAND_H_
#define TOOLS_CVR_COMPLETION_COMPLETION_COMMAND_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr completion bash|zsh|fish`. See AddCommand(); the script is about
// all commands that `root` has when it is printed.
void AddCompletionCommand(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMPLETION_COMPLETION_COMMAND_H_
