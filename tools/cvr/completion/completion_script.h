#ifndef TOOLS_CVR_COMPLETION_COMPLETION_SCRIPT_H_
#define TOOLS_CVR_COMPLETION_COMPLETION_SCRIPT_H_

#include <string>

#include "CLI/CLI.hpp"

namespace cvr {

// A script that makes a shell complete the commands and options of `root`, and
// those of their values that are files or words from a list.
std::string BashCompletion(CLI::App& root);
std::string ZshCompletion(CLI::App& root);
std::string FishCompletion(CLI::App& root);

}  // namespace cvr

#endif  // TOOLS_CVR_COMPLETION_COMPLETION_SCRIPT_H_
