#ifndef TOOLS_CVR_COMMAND_LINE_H_
#define TOOLS_CVR_COMMAND_LINE_H_

#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "tools/cvr/client/command.h"
#include "tools/cvr/client/environment.h"
#include "tools/cvr/client/tls_options.h"
#include "tools/cvr/commands/token_options.h"

namespace cvr {

// What every command takes.
struct GlobalOptions {
  std::string server = "127.0.0.1:8081";
  std::string timeout = "30s";
  std::string output = "table";
  TokenOptions token;
  TlsOptions tls;
};

// All commands and their options, and what of them was typed once `app` has
// parsed it.
struct CommandLine {
  CLI::App app{"", "cvr"};
  GlobalOptions options;
  Action action;
};

// Defaults are those of `environment`.
std::unique_ptr<CommandLine> MakeCommandLine(const Environment& environment);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMAND_LINE_H_
