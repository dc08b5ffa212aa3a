#ifndef TOOLS_CVR_COMMANDS_DOWNLOAD_COMMANDS_H_
#define TOOLS_CVR_COMMANDS_DOWNLOAD_COMMANDS_H_

#include "tools/cvr/client/command.h"

namespace cvr {

// Adds `cvr downloads [--watch]` to `root`. See AddCommand().
void AddDownloadCommands(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_DOWNLOAD_COMMANDS_H_
