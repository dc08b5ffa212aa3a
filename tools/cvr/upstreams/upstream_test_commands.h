#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_TEST_COMMANDS_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_TEST_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr upstream test`: tries an upstream, step by step.
void AddTestCommands(CommandGroup& upstreams);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_TEST_COMMANDS_H_
