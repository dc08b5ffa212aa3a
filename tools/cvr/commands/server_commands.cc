#include "tools/cvr/commands/server_commands.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cvr/v1/server_service.grpc.pb.h"
#include "cvr/v1/watch_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/table.h"

namespace cvr {
namespace {

std::string InfoText(const v1::GetServerInfoResponse& info) {
  FieldTable fields;
  fields.Add("version", info.version());
  fields.Add("revision", info.revision());
  fields.Add("api versions", absl::StrJoin(info.api_versions(), ", "));
  fields.Add("features", absl::StrJoin(info.features(), ", "));
  TextTable limits(
      {{"LIMIT"}, {"VALUE", TextTable::Align::kRight}, {"DESCRIPTION"}});
  for (const v1::ServerLimit& limit : info.limits()) {
    limits.AddRow(
        {limit.name(), absl::StrCat(limit.value()), limit.description()});
  }
  return absl::StrCat(fields.ToString(), "\n", limits.ToString());
}

std::string RevisionText(const v1::GetRevisionResponse& response) {
  return absl::StrCat(response.revision(), "\n");
}

}  // namespace

void AddServerCommands(CLI::App& root, Action* chosen) {
  CommandGroup server(root, "server", "Show what the server is", chosen);
  server.Add("info",
             "Show the version, the limits in force and the features of the "
             "server",
             [](Session& session) -> absl::Status {
               ASSIGN_OR_RETURN(
                   const v1::GetServerInfoResponse info,
                   session.server.Call(&v1::ServerService::Stub::GetServerInfo,
                                       v1::GetServerInfoRequest()));
               session.output.PrintObject(info, InfoText);
               return absl::OkStatus();
             });
  server.Add("revision",
             "Show the current revision of groups, registries and upstreams",
             [](Session& session) -> absl::Status {
               ASSIGN_OR_RETURN(
                   const v1::GetRevisionResponse response,
                   session.server.Call(&v1::WatchService::Stub::GetRevision,
                                       v1::GetRevisionRequest()));
               session.output.PrintObject(response, RevisionText);
               return absl::OkStatus();
             });
}

}  // namespace cvr
