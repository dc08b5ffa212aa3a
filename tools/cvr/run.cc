#include "tools/cvr/run.h"

#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "services/common/status_macros.h"
#include "services/common/version.h"
#include "tools/cvr/command.h"
#include "tools/cvr/entry_commands.h"
#include "tools/cvr/explain_command.h"
#include "tools/cvr/group_commands.h"
#include "tools/cvr/output.h"
#include "tools/cvr/registry_commands.h"
#include "tools/cvr/server.h"
#include "tools/cvr/text.h"
#include "tools/cvr/tls_options.h"
#include "tools/cvr/token_options.h"
#include "tools/cvr/upstream_commands.h"

namespace cvr {
namespace {

constexpr char kDescription[] =
    "Administers a container virtual registry: a cache in front of other\n"
    "container registries.";

constexpr char kExamples[] =
    R"(Examples:
  cvr registry create team --anonymous-pull
  cvr upstream create hub --url https://registry-1.docker.io --registry 1
  docker pull localhost:8080/virtual_registries/containers/1/library/alpine
  cvr entry list --upstream 1
  cvr entry list --upstream 1 -o json | jq '[.[].size | tonumber] | add'
  cvr upstream update 1 --username u --password-file hub-password.txt
  cvr upstream states
  cvr --server unix:/run/cvr/metadata.sock upstream list --registry 1
  cvr --server cvr.example.com:8081 --tls upstream states

`cvr COMMAND --help` lists what a command does and takes.)";

// What every command takes.
struct GlobalOptions {
  std::string server = "127.0.0.1:8081";
  std::string blob_server;  // Empty = the same.
  std::string timeout = "30s";
  std::string output = "table";
  TokenOptions token;
  TlsOptions tls;
};

void AddGlobalOptions(CLI::App& app, const Environment& environment,
                      GlobalOptions& options) {
  if (auto server = environment.variable("CVR_SERVER");
      server && !server->empty()) {
    options.server = *std::move(server);
  }
  app.add_option("--server", options.server,
                 "host:port or unix:PATH of cvr-standalone or cvr-metadata; "
                 "else from CVR_SERVER")
      ->type_name("ADDRESS")
      ->capture_default_str();
  if (auto server = environment.variable("CVR_BLOB_SERVER")) {
    options.blob_server = *std::move(server);
  }
  app.add_option("--blob_server", options.blob_server,
                 "host:port or unix:PATH of cvr-blob, when it is not part of "
                 "--server; else from CVR_BLOB_SERVER")
      ->type_name("ADDRESS");
  app.add_option("-o,--output", options.output, "table or json")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            if (text == "table" || text == "json") return "";
            return absl::StrCat("'", text, "' is neither table nor json");
          },
          ""))
      ->type_name("FORMAT")
      ->capture_default_str();
  app.add_option("--timeout", options.timeout, "For each call to the server")
      ->type_name("DURATION")
      ->capture_default_str();
  AddTokenOptions(app, options.token);
  AddTlsOptions(app, options.tls);
  app.set_version_flag("--version", absl::StrCat("cvr ", kVersion),
                       "Print the version and exit");
}

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

// What is wrong with a command line, and where to read on.
std::string UsageError(const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  // CLI11 has one sentence for a command that is missing and one that is
  // mistyped.
  if (absl::StartsWith(message, "A subcommand is required")) {
    const std::vector<std::string> words = LeftOver(app);
    message = words.empty() ? "a command is missing"
                            : absl::StrCat("unknown: ", words.front());
  }
  return absl::StrCat(message, " (see ", CommandName(app), " --help)");
}

void PrintError(std::ostream& err, absl::string_view message) {
  err << "cvr: " << WithoutSecrets(absl::StrReplaceAll(message, {{"\n", " "}}))
      << "\n";
}

absl::Status CarryOut(const GlobalOptions& options, const Action& action,
                      const Environment& environment) {
  ASSIGN_OR_RETURN(const auto timeout, ParseDuration(options.timeout));
  const absl::Duration call_timeout =
      absl::Seconds(timeout.seconds()) + absl::Nanoseconds(timeout.nanos());
  ASSIGN_OR_RETURN(const std::string token,
                   ReadToken(options.token, environment));
  const std::string& blob_address =
      options.blob_server.empty() ? options.server : options.blob_server;
  ASSIGN_OR_RETURN(const auto credentials,
                   CredentialsFor(options.server, options.tls, environment));
  ASSIGN_OR_RETURN(const auto blob_credentials,
                   CredentialsFor(blob_address, options.tls, environment));
  Server server(options.server, call_timeout, credentials, Server::Metadata(),
                token);
  Server blob_server(blob_address, call_timeout, blob_credentials,
                     Server::Blob(), token);
  Output output(environment.out, options.output == "json"
                                     ? OutputFormat::kJson
                                     : OutputFormat::kTable);
  Session session{server, blob_server, output, environment};
  RETURN_IF_ERROR(action(session));
  if (!environment.out.flush()) {
    return absl::UnknownError("cannot write the output");
  }
  return absl::OkStatus();
}

}  // namespace

int Run(const std::vector<std::string>& args, const Environment& environment) {
  CLI::App app(kDescription, "cvr");
  app.require_subcommand(1);
  // Lets --server and the like stand after the command as well.
  app.fallthrough();
  GlobalOptions options;
  Action action;
  AddGlobalOptions(app, environment, options);
  AddGroupCommands(app, &action);
  AddRegistryCommands(app, &action);
  AddUpstreamCommands(app, &action);
  AddEntryCommands(app, &action);
  AddExplainCommand(app, &action);
  app.footer(kExamples);

  try {
    // CLI11 takes the words from the back.
    std::vector<std::string> words(args.rbegin(), args.rend());
    app.parse(std::move(words));
  } catch (const CLI::Success& success) {
    return app.exit(success, environment.out, environment.err);
  } catch (const CLI::ParseError& error) {
    PrintError(environment.err, UsageError(app, error));
    return 1;
  }
  const absl::Status status = CarryOut(options, action, environment);
  if (status.ok()) return 0;
  PrintError(environment.err, status.message());
  return 1;
}

}  // namespace cvr
