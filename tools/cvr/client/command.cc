#include "tools/cvr/client/command.h"

#include <utility>

namespace cvr {

CLI::App& AddCommand(CLI::App& parent, const std::string& name,
                     const std::string& description, Action* chosen,
                     Action action) {
  CLI::App& command = *parent.add_subcommand(name, description);
  command.callback([chosen, action = std::move(action)] { *chosen = action; });
  return command;
}

CommandGroup::CommandGroup(CLI::App& root, const std::string& name,
                           const std::string& description, Action* chosen)
    : group_(*root.add_subcommand(name, description)), chosen_(chosen) {
  // Exactly one, which also lets a thing be named like a command.
  group_.require_subcommand(1);
}

CLI::App& CommandGroup::Add(const std::string& name,
                            const std::string& description, Action action) {
  return AddCommand(group_, name, description, chosen_, std::move(action));
}

}  // namespace cvr
