#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_STATE_COMMANDS_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_STATE_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr upstream states`: how upstreams are doing.
void AddStateCommands(CommandGroup& upstreams);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_STATE_COMMANDS_H_
