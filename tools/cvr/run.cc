#include "tools/cvr/run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/process/address_text.h"
#include "tools/cvr/client/command.h"
#include "tools/cvr/client/former_names.h"
#include "tools/cvr/client/option_names.h"
#include "tools/cvr/client/output.h"
#include "tools/cvr/client/server_connection.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/client/tls_options.h"
#include "tools/cvr/command_line.h"
#include "tools/cvr/commands/token_options.h"

namespace cvr {
namespace {

// The command that was typed, as far as it was understood: `cvr registry`.
std::string CommandName(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* sub : app.get_subcommands()) {
    absl::StrAppend(&name, " ", CommandName(*sub));
  }
  return name;
}

// The words that no command took. They end up with the command they stood
// after or with one above it.
std::vector<std::string> LeftOver(const CLI::App& app) {
  std::vector<std::string> words = app.remaining();
  for (const CLI::App* sub : app.get_subcommands()) {
    for (std::string& word : LeftOver(*sub)) words.push_back(std::move(word));
  }
  return words;
}

// The last command that was understood.
const CLI::App& LastCommand(const CLI::App& app) {
  const std::vector<CLI::App*> subs = app.get_subcommands();
  return subs.empty() ? app : LastCommand(*subs.front());
}

std::string UnknownWord(const CLI::App& app, const std::string& word) {
  if (absl::StartsWith(word, "-")) {
    return absl::StrCat("unknown option ", word, SuggestOption(app, word));
  }
  return absl::StrCat("unknown command: ", word,
                      SuggestCommand(LastCommand(app), word));
}

// What is wrong with a command line, and where to read on.
std::string UsageError(const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  // CLI11 has one sentence for a command that is missing and one that is
  // mistyped.
  if (absl::StartsWith(message, "A subcommand is required")) {
    const std::vector<std::string> words = LeftOver(app);
    message =
        words.empty() ? "no command given" : UnknownWord(app, words.front());
  } else if (absl::StartsWith(message, "The following argument")) {
    const std::vector<std::string> words = LeftOver(app);
    for (const std::string& word : words) {
      if (!absl::StartsWith(word, "-")) continue;
      message = UnknownWord(app, word);
      break;
    }
  }
  return absl::StrCat(message, " (see ", CommandName(app), " --help)");
}

void PrintError(std::ostream& err, absl::string_view message) {
  err << "cvr: " << RedactedText(absl::StrReplaceAll(message, {{"\n", " "}}))
      << "\n";
}

// The mistake by the name of the option that has it.
absl::Status CheckAddress(absl::string_view option,
                          const std::string& address) {
  const absl::Status status = CheckRpcAddress(address);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": ", status.message()));
}

absl::Status CarryOut(const GlobalOptions& options, const Action& action,
                      const Environment& environment) {
  ASSIGN_OR_RETURN(const auto timeout, ParseDuration(options.timeout));
  const absl::Duration call_timeout = FromWire(timeout);
  ASSIGN_OR_RETURN(const std::string token,
                   ReadToken(options.token, environment));
  RETURN_IF_ERROR(CheckAddress("--server", options.server));
  ASSIGN_OR_RETURN(const auto credentials,
                   CredentialsFor(options.server, options.tls, environment));
  ServerConnection server(options.server, call_timeout, credentials, token);
  Output output(environment.out, options.output == "json"
                                     ? OutputFormat::kJson
                                     : OutputFormat::kTable);
  Session session{server, output, environment};
  RETURN_IF_ERROR(action(session));
  if (!environment.out.flush()) {
    return absl::UnknownError("cannot write the output");
  }
  return absl::OkStatus();
}

// What is not an error, on a line of its own.
void PrintNotes(const std::vector<std::string>& notes,
                const Environment& environment) {
  for (const std::string& note : notes) {
    PrintError(environment.err, absl::StrCat("note: ", note));
  }
  const auto blob_server = environment.variable("CVR_BLOB_SERVER");
  if (blob_server && !blob_server->empty()) {
    PrintError(environment.err,
               "note: CVR_BLOB_SERVER is ignored: every service is at "
               "--server now");
  }
}

}  // namespace

int Run(const std::vector<std::string>& args, const Environment& environment) {
  const std::unique_ptr<CommandLine> line = MakeCommandLine(environment);
  CLI::App& app = line->app;
  NamesOfNow now = WithNamesOfNow(app, args, AllFormerNames());
  PrintNotes(now.notes, environment);
  try {
    // CLI11 takes the words from the back.
    std::vector<std::string> words =
        WithKnownSpelling(app, std::move(now.words));
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
  } catch (const CLI::Success& success) {
    return app.exit(success, environment.out, environment.err);
  } catch (const CLI::ParseError& error) {
    PrintError(environment.err, UsageError(app, error));
    return 1;
  }
  const absl::Status status =
      CarryOut(line->options, line->action, environment);
  if (status.ok()) return 0;
  PrintError(environment.err, status.message());
  return 1;
}

}  // namespace cvr
