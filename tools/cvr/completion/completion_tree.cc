#include "tools/cvr/completion/completion_tree.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace cvr {
namespace {

// Kinds of values that are words from a list.
const std::vector<std::string>& ValuesOf(const std::string& type) {
  static const auto* const kinds =
      new std::vector<std::pair<std::string, std::vector<std::string>>>{
          {"FORMAT", {"table", "json"}},
          {"KIND", {"manifest", "blob", "tags", "referrers"}},
          {"SCOPE", {"read", "manage", "admin"}},
          {"SHELL", {"bash", "zsh", "fish"}},
      };
  static const auto* const none = new std::vector<std::string>;
  for (const auto& [name, values] : *kinds) {
    if (name == type) return values;
  }
  return *none;
}

void AddOption(const CLI::Option& option, CompletionCommand& command) {
  // One without a group is shown nowhere.
  if (option.get_group().empty()) return;
  if (!option.nonpositional()) {
    for (const std::string& word : ValuesOf(option.get_type_name())) {
      command.arguments.push_back(word);
    }
    return;
  }
  CompletionOption added;
  for (const std::string& name : option.get_lnames()) {
    added.names.push_back(absl::StrCat("--", name));
  }
  for (const std::string& name : option.get_snames()) {
    added.names.push_back(absl::StrCat("-", name));
  }
  added.description = option.get_description();
  added.takes_value = option.get_type_size() != 0;
  added.takes_file = added.takes_value && option.get_type_name() == "FILE";
  if (added.takes_value) added.values = ValuesOf(option.get_type_name());
  command.options.push_back(std::move(added));
}

CompletionCommand ToTree(CLI::App& app, const std::string& path) {
  CompletionCommand command;
  command.path = path;
  command.name = app.get_name();
  command.description = app.get_description();
  for (const CLI::Option* const option : app.get_options()) {
    AddOption(*option, command);
  }
  for (CLI::App* const sub : app.get_subcommands({})) {
    if (sub->get_group().empty()) continue;
    command.commands.push_back(
        ToTree(*sub, absl::StrCat(path, " ", sub->get_name())));
  }
  return command;
}

}  // namespace

CompletionCommand ToCompletionTree(CLI::App& root) {
  return ToTree(root, root.get_name());
}

std::vector<const CompletionCommand*> AllCommands(
    const CompletionCommand& command) {
  std::vector<const CompletionCommand*> all = {&command};
  for (const CompletionCommand& sub : command.commands) {
    for (const CompletionCommand* const one : AllCommands(sub)) {
      all.push_back(one);
    }
  }
  return all;
}

}  // namespace cvr
