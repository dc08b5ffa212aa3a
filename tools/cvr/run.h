#ifndef TOOLS_CVR_RUN_H_
#define TOOLS_CVR_RUN_H_

#include <string>
#include <vector>

#include "tools/cvr/client/environment.h"

namespace cvr {

// Carries out one command line; `args` are the words after the program's name.
// Returns the exit status: 0, or 1 after one line on `environment.err`. Before
// it stands a line `cvr: note: ...` for each name that was given up.
int Run(const std::vector<std::string>& args, const Environment& environment);

}  // namespace cvr

#endif  // TOOLS_CVR_RUN_H_
