#include "tools/cvr/upstreams/upstream_test_commands.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cvr/v1/upstream_probe_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/upstreams/upstream_options.h"

namespace cvr {
namespace {

using v1::TestUpstreamResponse;

std::string MillisecondsText(const google::protobuf::Duration& duration) {
  return absl::StrFormat("%.1f",
                         static_cast<double>(duration.seconds()) * 1e3 +
                             static_cast<double>(duration.nanos()) / 1e6);
}

std::string AsText(const TestUpstreamResponse& response) {
  TextTable table(
      {{"STEP"}, {"OK"}, {"MS", TextTable::Align::kRight}, {"DETAIL"}});
  for (const TestUpstreamResponse::Step& step : response.steps()) {
    table.AddRow({step.name(), YesNo(step.ok()),
                  MillisecondsText(step.duration()), step.detail()});
  }
  FieldTable outcome;
  outcome.Add("outcome", EnumText(response.outcome()));
  if (response.http_status() != 0) {
    outcome.Add("http status", absl::StrCat(response.http_status()));
  }
  outcome.Add("advice", response.message());
  return absl::StrCat(table.ToString(), "\n", outcome.ToString());
}

struct TestOptions {
  int64_t id = 0;
  std::string group;
  std::string image;
  UpstreamOptions upstream;
};

absl::StatusOr<v1::TestUpstreamRequest> ToRequest(
    const TestOptions& options, const Environment& environment) {
  if (options.id == 0 && !options.upstream.url) {
    return absl::InvalidArgumentError(
        "give the ID of an upstream, or --url (see cvr upstream test --help)");
  }
  v1::TestUpstreamRequest request;
  request.set_upstream_id(options.id);
  ASSIGN_OR_RETURN(UpstreamChange change,
                   ReadUpstreamOptions(options.upstream, environment));
  if (!change.mask.paths().empty()) {
    *request.mutable_upstream() = std::move(change.upstream);
  }
  if (!options.group.empty()) {
    request.mutable_upstream()->set_group(options.group);
  }
  const std::string& image = options.image;
  size_t at = image.find('@');
  if (at == std::string::npos) at = image.find(':');
  request.set_repository(image.substr(0, at));
  if (at != std::string::npos) request.set_reference(image.substr(at + 1));
  return request;
}

absl::Status Test(Session& session, const TestOptions& options) {
  ASSIGN_OR_RETURN(const v1::TestUpstreamRequest request,
                   ToRequest(options, session.environment));
  ASSIGN_OR_RETURN(const TestUpstreamResponse response,
                   session.blob_server.Call(
                       &v1::UpstreamProbeService::Stub::TestUpstream, request));
  session.output.PrintObject(response, AsText);
  if (response.outcome() == TestUpstreamResponse::REACHABLE) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("upstream test failed: ", EnumText(response.outcome())));
}

}  // namespace

void AddTestCommands(CommandGroup& upstreams) {
  const auto options = std::make_shared<TestOptions>();
  CLI::App& command = upstreams.Add(
      "test",
      "Test the connection to an upstream step by step (DNS, TCP, TLS, token, "
      "manifest)",
      [options](Session& session) { return Test(session, *options); });
  AddId(command, "ID", options->id, "ID of an existing upstream");
  command.add_option("--url", options->upstream.url,
                     "URL to test: overrides the stored URL of ID, or tests a "
                     "new upstream without ID");
  command.add_option("--group", options->group,
                     "Group that the tested upstream would belong to, if no ID "
                     "is given (default: \"default\")");
  command.add_option("--image", options->image,
                     "Image to request (default: library/alpine:latest)");
  AddUpstreamAccessOptions(command, options->upstream);
}

}  // namespace cvr
