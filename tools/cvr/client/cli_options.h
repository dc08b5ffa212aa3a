#ifndef TOOLS_CVR_CLIENT_CLI_OPTIONS_H_
#define TOOLS_CVR_CLIENT_CLI_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace cvr {

// Kinds of options that several commands have. What they bind to must live
// until the command line is carried out. A name without dashes makes a
// positional argument.

// One id, or several.
CLI::Option* AddId(CLI::App& command, const std::string& name, int64_t& id,
                   const std::string& description);
CLI::Option* AddIds(CLI::App& command, const std::string& name,
                    std::vector<int64_t>& ids, const std::string& description);

// Yes, no, or nothing said: `names` is `--this,!--opposite`.
CLI::Option* AddSwitch(CLI::App& command, const std::string& names,
                       std::optional<bool>& value,
                       const std::string& description);

// The version of what is changed: `--etag`.
CLI::Option* AddEtag(CLI::App& command, std::string& etag);

// Refuses what is not a whole number above 0.
CLI::Validator PositiveInteger();

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_CLI_OPTIONS_H_
