#include "tools/cvr/command.h"

#include <utility>

namespace cvr {

CommandGroup::CommandGroup(CLI::App& root, const std::string& name,
                           const std::string& description, Action* chosen)
    : group_(*root.add_subcommand(name, description)), chosen_(chosen) {
  // Exactly one, which also lets a thing be named like a command.
  group_.require_subcommand(1);
}

CLI::App& CommandGroup::Add(const std::string& name,
                            const std::string& description, Action action) {
  CLI::App& command = *group_.add_subcommand(name, description);
  command.callback(
      [chosen = chosen_, action = std::move(action)] { *chosen = action; });
  command.footer("Options for every command: see cvr --help");
  return command;
}

}  // namespace cvr
