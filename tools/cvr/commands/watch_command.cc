#include "tools/cvr/commands/watch_command.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "cvr/v1/watch_service.grpc.pb.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

using v1::WatchResourcesResponse;

// `registry 7 (acme/web)`, `group acme`.
std::string ChangedText(const WatchResourcesResponse& change) {
  switch (change.resource_case()) {
    case WatchResourcesResponse::kGroup:
      return absl::StrCat("group ", change.group().name());
    case WatchResourcesResponse::kRegistry:
      return absl::StrCat("registry ", change.registry().id(), " (",
                          change.registry().group(), "/",
                          change.registry().name(), ")");
    case WatchResourcesResponse::kUpstream:
      return absl::StrCat("upstream ", change.upstream().id(), " (",
                          change.upstream().group(), "/",
                          change.upstream().name(), ")");
    default:
      return "unknown resource";
  }
}

struct WatchOptions {
  std::string group = kAllGroups;
  std::optional<int64_t> after_revision;
};

// `revision 42: updated registry 7 (acme/web)`. People are not told that
// nothing has changed; programs go on from there.
void Show(Session& session, const WatchResourcesResponse& change) {
  std::ostream& out = session.output.stream();
  if (!session.output.for_people()) {
    out << ToJson(change, /*pretty=*/false) << "\n" << std::flush;
    return;
  }
  if (change.type() == WatchResourcesResponse::TYPE_BOOKMARK) return;
  out << absl::Utf8SafeCEscape(absl::StrCat("revision ", change.revision(),
                                            ": ", EnumText(change.type()), " ",
                                            ChangedText(change)))
      << "\n"
      << std::flush;
}

absl::Status Watch(Session& session, const WatchOptions& options) {
  v1::WatchResourcesRequest request;
  request.set_group(options.group);
  if (options.after_revision) {
    request.set_after_revision(*options.after_revision);
  }
  return session.server.Watch<v1::WatchService::Stub, v1::WatchResourcesRequest,
                              WatchResourcesResponse>(
      &v1::WatchService::Stub::WatchResources, request,
      [&session](const WatchResourcesResponse& change) {
        Show(session, change);
      });
}

}  // namespace

void AddWatchCommand(CLI::App& root, Action* chosen) {
  const auto options = std::make_shared<WatchOptions>();
  CLI::App& command = AddCommand(
      root, "watch",
      "Show changes of groups, registries and upstreams as they happen, until "
      "Ctrl-C",
      chosen, [options](Session& session) { return Watch(session, *options); });
  command.add_option("--group", options->group,
                     "Only changes in this group (default: all groups)");
  command
      .add_option("--after-revision", options->after_revision,
                  "First show the changes after this revision (default: only "
                  "new changes)")
      ->type_name("REVISION");
}

}  // namespace cvr
