#include "tools/cvr/commands/storage_commands.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/fetch_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

std::string StatsText(const v1::GetStorageStatsResponse& response) {
  TextTable table({{"INSTANCE"},
                   {"BLOBS", TextTable::Align::kRight},
                   {"SIZE", TextTable::Align::kRight},
                   {"MAXIMUM", TextTable::Align::kRight},
                   {"FREE ON DISK", TextTable::Align::kRight},
                   {"FETCHES", TextTable::Align::kRight}});
  for (const v1::StorageStats& stats : response.instances()) {
    table.AddRow(
        {stats.instance(), absl::StrCat(stats.blob_count()),
         SizeText(stats.size_bytes()),
         stats.max_bytes() == 0 ? "no limit" : SizeText(stats.max_bytes()),
         SizeText(stats.disk_free_bytes()), absl::StrCat(stats.fetch_count())});
  }
  return table.ToString();
}

}  // namespace

void AddStorageCommands(CLI::App& root, Action* chosen) {
  CommandGroup storage(root, "storage", "Show what the blob stores hold",
                       chosen);
  storage.Add("stats", "Show the size of the blob store of each blob service",
              [](Session& session) -> absl::Status {
                ASSIGN_OR_RETURN(const v1::GetStorageStatsResponse response,
                                 session.server.Call(
                                     &v1::FetchService::Stub::GetStorageStats,
                                     v1::GetStorageStatsRequest()));
                session.output.PrintObject(response, StatsText);
                return absl::OkStatus();
              });
}

}  // namespace cvr
