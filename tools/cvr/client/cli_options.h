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

// A UUID with which a creation can be repeated after a lost answer:
// `--request-id`.
CLI::Option* AddRequestId(CLI::App& command, std::string& request_id);

// Checks the request at the server and shows what would be: `--validate-only`.
CLI::Option* AddValidateOnly(CLI::App& command, bool& validate_only);

// Creates what an update does not find: `--allow-missing`.
CLI::Option* AddCreateMissing(CLI::App& command, bool& allow_missing);

// Whether a deletion succeeds when there is nothing to delete, which it does
// unless `--no-allow-missing` is given. `allow_missing` is true before.
CLI::Option* AddAllowMissing(CLI::App& command, bool& allow_missing);

// What a list holds, and in which order: `--filter`, `--order-by`.
struct ListOptions {
  std::vector<std::string> filters;
  std::string order_by;

  // The terms with AND between them.
  std::string Filter() const;
};
// `fields` says what may be filtered by: `name, anonymous_pull`.
void AddListOptions(CLI::App& command, ListOptions& options,
                    const std::string& fields, const std::string& orders);

// Refuses what is not a whole number above 0.
CLI::Validator PositiveInteger();

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_CLI_OPTIONS_H_
