#ifndef TOOLS_CVR_COMPLETION_COMPLETION_TREE_H_
#define TOOLS_CVR_COMPLETION_COMPLETION_TREE_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace cvr {

// Commands and options as completion needs them.
struct CompletionOption {
  std::vector<std::string> names;  // `--output`, `-o`.
  std::string description;
  bool takes_value = false;
  bool takes_file = false;
  std::vector<std::string> values;  // Those that it may have; empty = any.
};

struct CompletionCommand {
  std::string path;  // `cvr registry create`.
  std::string name;  // `create`.
  std::string description;
  std::vector<CompletionOption> options;  // Its own.
  std::vector<std::string> arguments;     // Words that it takes.
  std::vector<CompletionCommand> commands;
};

CompletionCommand ToCompletionTree(CLI::App& root);

// `command` and all below it.
std::vector<const CompletionCommand*> AllCommands(
    const CompletionCommand& command);

}  // namespace cvr

#endif  // TOOLS_CVR_COMPLETION_COMPLETION_TREE_H_
