#include "tools/cvr/commands/download_commands.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/download_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/download_view.h"

namespace cvr {
namespace {

using Stub = v1::DownloadService::Stub;

struct DownloadOptions {
  int64_t upstream_id = 0;
  bool watch = false;
  std::string interval = "1s";
  std::vector<int64_t> cancelled;
};

absl::Status List(Session& session, const DownloadOptions& options) {
  v1::ListDownloadsRequest request;
  request.set_upstream_id(options.upstream_id);
  ASSIGN_OR_RETURN(const v1::Downloads found,
                   session.blob_server.Call(&Stub::ListDownloads, request));
  const std::vector<v1::DownloadInFlight> downloads(found.downloads().begin(),
                                                    found.downloads().end());
  session.output.PrintList(downloads, DownloadTable);
  return absl::OkStatus();
}

absl::Status Watch(Session& session, const DownloadOptions& options) {
  v1::WatchDownloadsRequest request;
  request.set_upstream_id(options.upstream_id);
  ASSIGN_OR_RETURN(*request.mutable_interval(),
                   ParseDuration(options.interval));
  std::ostream& out = session.output.stream();
  DownloadView view(out, session.environment.terminal);
  return session.blob_server
      .Watch<Stub, v1::WatchDownloadsRequest, v1::Downloads>(
          &Stub::WatchDownloads, request, [&](const v1::Downloads& downloads) {
            if (session.output.for_people()) {
              view.Show(downloads, absl::Now());
              return;
            }
            for (const v1::DownloadInFlight& download : downloads.downloads()) {
              out << ToJson(download, /*pretty=*/false) << "\n";
            }
            out.flush();
          });
}

absl::Status Cancel(Session& session, const std::vector<int64_t>& ids) {
  for (const int64_t id : ids) {
    v1::CancelDownloadRequest request;
    request.set_id(id);
    RETURN_IF_ERROR(
        session.blob_server.Call(&Stub::CancelDownload, request).status());
    session.output.PrintNote(absl::StrCat("download ", id, " is cancelled"));
  }
  return absl::OkStatus();
}

absl::Status Run(Session& session, const DownloadOptions& options) {
  if (!options.cancelled.empty()) return Cancel(session, options.cancelled);
  return options.watch ? Watch(session, options) : List(session, options);
}

}  // namespace

void AddDownloadCommands(CLI::App& root, Action* chosen) {
  const auto options = std::make_shared<DownloadOptions>();
  CLI::App& command = AddCommand(
      root, "downloads", "List or cancel downloads in progress from upstreams",
      chosen, [options](Session& session) { return Run(session, *options); });
  AddId(command, "--upstream", options->upstream_id,
        "Only downloads from the upstream with this ID");
  auto* const watch = command.add_flag("-w,--watch", options->watch,
                                       "Keep updating the list until Ctrl-C");
  command
      .add_option("--interval", options->interval,
                  "Update interval of --watch (minimum 100ms)")
      ->needs(watch)
      ->type_name("DURATION")
      ->capture_default_str();
  CLI::App& cancel = *command.add_subcommand(
      "cancel",
      "End downloads that run or wait; their readers get an error, and what "
      "has come is kept for the next one");
  AddIds(cancel, "ID", options->cancelled, "Of the downloads")->required();
}

}  // namespace cvr
