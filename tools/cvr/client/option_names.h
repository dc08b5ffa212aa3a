#ifndef TOOLS_CVR_CLIENT_OPTION_NAMES_H_
#define TOOLS_CVR_CLIENT_OPTION_NAMES_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/string_view.h"

namespace cvr {

// `words` of a command line for `root`, with each `--name` spelled as an option
// of `root` or of a command below it: dashes and underscores in names are the
// same (--anonymous-pull, --anonymous_pull), as for the flags of the servers.
// Values and names of no option stay as they are, and so does all after `--`.
std::vector<std::string> WithKnownSpelling(const CLI::App& root,
                                           std::vector<std::string> words);

// `; did you mean --timeout?` for an unknown option of the command that was
// typed, or of those above it; empty when nothing is like it.
std::string SuggestOption(const CLI::App& root, absl::string_view typed);

// The same for a command of `parent`.
std::string SuggestCommand(const CLI::App& parent, absl::string_view typed);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_OPTION_NAMES_H_
