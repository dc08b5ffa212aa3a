#include "tools/cvr/upstreams/upstream_test_commands.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cvr/v1/upstream_test_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/image_text.h"
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
    table.AddRow({EnumText(step.kind()), YesNo(step.ok()),
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
  std::string target;
  std::optional<std::string> group;
  std::string repository;
  std::string reference;
  std::string image;  // Both, as earlier releases took them.
  UpstreamOptions upstream;
};

void SetContent(const TestOptions& options, v1::TestUpstreamRequest& request) {
  const ImageText image = ParseImage(options.image);
  request.set_repository(image.repository);
  request.set_reference(image.reference);
  if (!options.repository.empty()) request.set_repository(options.repository);
  if (!options.reference.empty()) request.set_reference(options.reference);
}

absl::StatusOr<v1::TestUpstreamRequest> ToRequest(
    const TestOptions& options, const Environment& environment) {
  if (options.target.empty() && !options.upstream.url) {
    return absl::InvalidArgumentError(
        "give an upstream, or --url (see cvr upstream test --help)");
  }
  v1::TestUpstreamRequest request;
  ASSIGN_OR_RETURN(UpstreamChange change,
                   ReadUpstreamOptions(options.upstream, environment));
  if (!change.mask.paths().empty()) {
    *request.mutable_upstream() = std::move(change.upstream);
  }
  if (options.target.empty()) {
    request.mutable_upstream()->set_group(
        options.group.value_or(kDefaultGroup));
  } else {
    SetResource("upstream", options.target, options.group, request);
  }
  SetContent(options, request);
  return request;
}

absl::Status Test(Session& session, const TestOptions& options) {
  ASSIGN_OR_RETURN(const v1::TestUpstreamRequest request,
                   ToRequest(options, session.environment));
  ASSIGN_OR_RETURN(const TestUpstreamResponse response,
                   session.server.Call(
                       &v1::UpstreamTestService::Stub::TestUpstream, request));
  session.output.PrintObject(response, AsText);
  if (response.outcome() == TestUpstreamResponse::OUTCOME_REACHABLE) {
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
  AddResourceName(command, "UPSTREAM", options->target, "Existing upstream");
  command.add_option("--url", options->upstream.url,
                     "URL to test: overrides the stored URL of UPSTREAM, or "
                     "tests a new upstream without UPSTREAM");
  command.add_option("--group", options->group,
                     "Group of UPSTREAM if that is a name, or of the new "
                     "upstream (default: \"default\")");
  command.add_option("--repository", options->repository,
                     "Repository to request (default: library/alpine)");
  command.add_option("--reference", options->reference,
                     "Tag or digest to request (default: latest)");
  command.add_option("--image", options->image)->group("");
  AddUpstreamAccessOptions(command, options->upstream);
}

}  // namespace cvr
