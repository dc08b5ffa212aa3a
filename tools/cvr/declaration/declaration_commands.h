#ifndef TOOLS_CVR_DECLARATION_DECLARATION_COMMANDS_H_
#define TOOLS_CVR_DECLARATION_DECLARATION_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr apply` and `cvr export`. See AddCommand().
void AddDeclarationCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_DECLARATION_DECLARATION_COMMANDS_H_
