#include "tools/cvr/commands/repository_commands.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

std::string AsTable(const std::vector<v1::CachedRepository>& repositories) {
  TextTable table({{"NAME"},
                   {"TAGS", TextTable::Align::kRight},
                   {"ENTRIES", TextTable::Align::kRight},
                   {"SIZE", TextTable::Align::kRight},
                   {"LAST PULL"}});
  for (const v1::CachedRepository& repository : repositories) {
    table.AddRow({repository.name(), absl::StrCat(repository.tag_count()),
                  absl::StrCat(repository.entry_count()),
                  SizeText(repository.size_bytes()),
                  TimeText(repository.last_pull_time())});
  }
  return table.ToString();
}

struct RepositoryListOptions {
  std::string registry;
  std::optional<std::string> group;
};

absl::Status List(Session& session, const RepositoryListOptions& options) {
  v1::ListRepositoriesRequest request;
  SetResource("registry", options.registry, options.group, request);
  ASSIGN_OR_RETURN(const auto found,
                   session.server.List(
                       &v1::RegistryService::Stub::ListRepositories,
                       &v1::ListRepositoriesResponse::repositories, request));
  session.output.PrintList(found, AsTable);
  return absl::OkStatus();
}

}  // namespace

void AddRepositoryCommands(CLI::App& root, Action* chosen) {
  CommandGroup repositories(root, "repository",
                            "Show the repositories that are cached", chosen);
  const auto options = std::make_shared<RepositoryListOptions>();
  CLI::App& command = repositories.Add(
      "list", "List the repositories of which something is cached, by name",
      [options](Session& session) { return List(session, *options); });
  AddResourceName(command, "--registry", options->registry,
                  "Registry whose repositories are listed")
      ->required();
  AddGroupOfName(command, options->group);
}

}  // namespace cvr
