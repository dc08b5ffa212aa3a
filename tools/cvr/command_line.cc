#include "tools/cvr/command_line.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/process/version.h"
#include "tools/cvr/client/help.h"
#include "tools/cvr/commands/attachment_commands.h"
#include "tools/cvr/commands/audit_commands.h"
#include "tools/cvr/commands/cache_commands.h"
#include "tools/cvr/commands/cleanup_commands.h"
#include "tools/cvr/commands/entry_commands.h"
#include "tools/cvr/commands/explain_command.h"
#include "tools/cvr/commands/fetch_commands.h"
#include "tools/cvr/commands/group_commands.h"
#include "tools/cvr/commands/operation_commands.h"
#include "tools/cvr/commands/refresh_commands.h"
#include "tools/cvr/commands/registry_commands.h"
#include "tools/cvr/commands/repository_commands.h"
#include "tools/cvr/commands/secret_commands.h"
#include "tools/cvr/commands/server_commands.h"
#include "tools/cvr/commands/storage_commands.h"
#include "tools/cvr/commands/token_commands.h"
#include "tools/cvr/commands/watch_command.h"
#include "tools/cvr/completion/completion_command.h"
#include "tools/cvr/declaration/declaration_commands.h"
#include "tools/cvr/upstreams/upstream_commands.h"

namespace cvr {
namespace {

void AddServerOptions(CLI::App& app, const Environment& environment,
                      GlobalOptions& options) {
  if (auto server = environment.variable("CVR_SERVER");
      server && !server->empty()) {
    options.server = *std::move(server);
  }
  app.add_option("--server", options.server,
                 "Address of cvr-standalone or cvr-metadata: host:port or "
                 "unix:PATH. Environment: CVR_SERVER")
      ->type_name("ADDRESS")
      ->capture_default_str();
}

void AddGlobalOptions(CLI::App& app, const Environment& environment,
                      GlobalOptions& options) {
  AddServerOptions(app, environment, options);
  app.add_option("-o,--output", options.output, "Output format: table or json")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            if (text == "table" || text == "json") return "";
            return absl::StrCat("'", text,
                                "' is not a valid format (table, json)");
          },
          ""))
      ->type_name("FORMAT")
      ->capture_default_str();
  app.add_option("--timeout", options.timeout,
                 "Timeout of each call to the server")
      ->type_name("DURATION")
      ->capture_default_str();
  AddTokenOptions(app, options.token);
  AddTlsOptions(app, options.tls);
  app.set_version_flag("--version", absl::StrCat("cvr ", kVersion),
                       "Print the version and exit");
}

}  // namespace

std::unique_ptr<CommandLine> MakeCommandLine(const Environment& environment) {
  auto line = std::make_unique<CommandLine>();
  CLI::App& app = line->app;
  Action* const chosen = &line->action;
  app.require_subcommand(1);
  // Lets --server and the like stand after the command as well.
  app.fallthrough();
  AddGlobalOptions(app, environment, line->options);
  AddGroupCommands(app, chosen);
  AddRegistryCommands(app, chosen);
  AddUpstreamCommands(app, chosen);
  AddAttachmentCommands(app, chosen);
  AddRepositoryCommands(app, chosen);
  AddEntryCommands(app, chosen);
  AddTokenCommands(app, chosen);
  AddCacheCommands(app, chosen);
  AddRefreshCommands(app, chosen);
  AddCleanupCommands(app, chosen);
  AddFetchCommands(app, chosen);
  AddStorageCommands(app, chosen);
  AddExplainCommand(app, chosen);
  AddDeclarationCommands(app, chosen);
  AddOperationCommands(app, chosen);
  AddWatchCommand(app, chosen);
  AddAuditCommands(app, chosen);
  AddSecretCommands(app, chosen);
  AddServerCommands(app, chosen);
  AddCompletionCommand(app, chosen);
  AddHelpCommand(app, chosen);
  AddHelpTexts(app);
  return line;
}

}  // namespace cvr
