#ifndef TOOLS_CVR_CLIENT_HELP_H_
#define TOOLS_CVR_CLIENT_HELP_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "tools/cvr/client/command.h"

namespace cvr {

// What --help says of a command besides its options.
struct HelpText {
  // Without `cvr`: `registry create`; empty for `cvr` itself.
  const char* command;
  // Paragraphs.
  const char* details;
  // Command lines, and remarks on them after `#`.
  const char* examples;
};

// Those of all commands (help_texts.cc).
const std::vector<HelpText>& HelpTexts();
// A part of them, those of `apply` and `export` (help_texts_declaration.cc).
const std::vector<HelpText>& DeclarationHelpTexts();

// Gives every command of `root` its text, and the form that all help has.
void AddHelpTexts(CLI::App& root);

// What `cvr COMMAND --help` prints; `path` is the command's whole name.
std::string HelpOf(const CLI::App& command, const std::string& path);

// Adds `cvr help COMMAND`. See AddCommand().
void AddHelpCommand(CLI::App& root, Action* chosen);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_HELP_H_
