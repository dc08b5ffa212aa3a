#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_COMMANDS_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr upstream create|list|get|update|states|test|delete` to `root`. See
// CommandGroup.
void AddUpstreamCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_COMMANDS_H_
