#include "tools/cvr/commands/fetch_commands.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/fetch_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/fetch_view.h"

namespace cvr {
namespace {

using Stub = v1::FetchService::Stub;

// Which fetches are meant, and how they are watched.
struct FetchOptions {
  std::string upstream;
  std::optional<std::string> group;
  std::string interval = "1s";
  // Of `list`: what `cvr downloads` had.
  bool watch = false;
  const CLI::Option* interval_option = nullptr;
};

template <typename Request>
void SetUpstream(const FetchOptions& options, Request& request) {
  if (options.upstream.empty()) return;
  SetResource("upstream", options.upstream, options.group, request);
}

absl::Status Watch(Session& session, const FetchOptions& options) {
  v1::WatchFetchesRequest request;
  SetUpstream(options, request);
  ASSIGN_OR_RETURN(*request.mutable_interval(),
                   ParseDuration(options.interval));
  std::ostream& out = session.output.stream();
  FetchView view(out, session.environment.terminal);
  return session.server
      .Watch<Stub, v1::WatchFetchesRequest, v1::WatchFetchesResponse>(
          &Stub::WatchFetches, request,
          [&](const v1::WatchFetchesResponse& fetches) {
            if (session.output.for_people()) {
              view.Show(fetches, absl::Now());
              return;
            }
            for (const v1::Fetch& fetch : fetches.fetches()) {
              out << ToJson(fetch, /*pretty=*/false) << "\n";
            }
            out.flush();
          });
}

absl::StatusOr<std::vector<v1::Fetch>> AllFetches(Session& session,
                                                  const FetchOptions& options) {
  v1::ListFetchesRequest request;
  SetUpstream(options, request);
  return session.server.List(&Stub::ListFetches,
                             &v1::ListFetchesResponse::fetches, request);
}

absl::Status List(Session& session, const FetchOptions& options) {
  if (options.watch) return Watch(session, options);
  if (options.interval_option->count() > 0) {
    return absl::InvalidArgumentError("--interval requires --watch");
  }
  ASSIGN_OR_RETURN(const auto found, AllFetches(session, options));
  session.output.PrintList(found, FetchTable);
  return absl::OkStatus();
}

void AddWhich(CLI::App& command, FetchOptions& options) {
  AddResourceName(command, "--upstream", options.upstream,
                  "Only fetches from this upstream");
  AddGroupOfName(command, options.group);
}

CLI::Option* AddInterval(CLI::App& command, FetchOptions& options) {
  return command
      .add_option("--interval", options.interval,
                  "Update interval (minimum 100ms)")
      ->type_name("DURATION")
      ->capture_default_str();
}

void AddList(CommandGroup& fetches) {
  const auto options = std::make_shared<FetchOptions>();
  CLI::App& command = fetches.Add(
      "list", "List the fetches that run or wait",
      [options](Session& session) { return List(session, *options); });
  AddWhich(command, *options);
  command.add_flag("-w,--watch", options->watch)->group("");
  options->interval_option = AddInterval(command, *options)->group("");
}

void AddWatch(CommandGroup& fetches) {
  const auto options = std::make_shared<FetchOptions>();
  CLI::App& command = fetches.Add(
      "watch", "Show the fetches that run or wait, until Ctrl-C",
      [options](Session& session) { return Watch(session, *options); });
  AddWhich(command, *options);
  AddInterval(command, *options);
}

struct CancelOptions {
  std::vector<int64_t> ids;
  FetchOptions which;
  std::string instance;
};

// What is known of the fetch `id` from a list of all. Instances count their
// fetches for themselves.
absl::StatusOr<v1::CancelFetchRequest> Find(Session& session,
                                            const CancelOptions& options,
                                            int64_t id) {
  ASSIGN_OR_RETURN(const auto fetches, AllFetches(session, options.which));
  v1::CancelFetchRequest request;
  int found = 0;
  for (const v1::Fetch& fetch : fetches) {
    const bool is_instance =
        options.instance.empty() || fetch.instance() == options.instance;
    if (fetch.id() != id || !is_instance) continue;
    ++found;
    request.set_upstream_id(fetch.upstream_id());
    request.set_instance(fetch.instance());
  }
  if (found == 0) {
    return absl::NotFoundError(
        absl::StrCat("there is no fetch ", id, " that runs or waits"));
  }
  if (found > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "fetch ", id, " exists on ", found, " instances; give --instance"));
  }
  request.set_id(id);
  return request;
}

absl::Status Cancel(Session& session, const CancelOptions& options) {
  for (const int64_t id : options.ids) {
    v1::CancelFetchRequest request;
    // Who may not list all fetches names the upstream.
    if (options.which.upstream.empty()) {
      ASSIGN_OR_RETURN(request, Find(session, options, id));
    } else {
      request.set_id(id);
      request.set_instance(options.instance);
      SetUpstream(options.which, request);
    }
    RETURN_IF_ERROR(session.server.Call(&Stub::CancelFetch, request).status());
    session.output.PrintNote(absl::StrCat("fetch ", id, " cancelled"));
  }
  return absl::OkStatus();
}

void AddCancel(CommandGroup& fetches) {
  const auto options = std::make_shared<CancelOptions>();
  CLI::App& command = fetches.Add(
      "cancel", "End fetches; their readers get an error",
      [options](Session& session) { return Cancel(session, *options); });
  AddIds(command, "ID", options->ids, "IDs of the fetches")->required();
  AddResourceName(command, "--upstream", options->which.upstream,
                  "Upstream of the fetches; required unless the access token "
                  "is an administrator's");
  AddGroupOfName(command, options->which.group);
  command
      .add_option("--instance", options->instance,
                  "Blob service that runs the fetches, if there are several")
      ->type_name("NAME");
}

}  // namespace

void AddFetchCommands(CLI::App& root, Action* chosen) {
  CommandGroup fetches(root, "fetch",
                       "Follow fetches: downloads of content from upstreams",
                       chosen);
  AddList(fetches);
  AddWatch(fetches);
  AddCancel(fetches);
}

}  // namespace cvr
