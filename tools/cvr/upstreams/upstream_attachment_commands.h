#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_ATTACHMENT_COMMANDS_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_ATTACHMENT_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `attach`, `detach` and `move`: an upstream's place in a registry.
void AddAttachmentCommands(CommandGroup& upstreams);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_ATTACHMENT_COMMANDS_H_
