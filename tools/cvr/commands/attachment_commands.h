#ifndef TOOLS_CVR_COMMANDS_ATTACHMENT_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_ATTACHMENT_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr attachment create|list|set|move|delete|get` to `root`: which
// upstreams a registry asks, and in which order. See CommandGroup.
void AddAttachmentCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_ATTACHMENT_COMMANDS_H_
