#include "tools/cvr/commands/refresh_commands.h"

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cvr/v1/refresh_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/secrets.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/image_text.h"
#include "tools/cvr/commands/operation_wait.h"

namespace cvr {
namespace {

using Stub = v1::RefreshService::Stub;

// What a tag was before, in relation to what it is.
std::string BeforeText(const v1::RefreshTagResponse& response) {
  if (response.previous_digest().empty()) return "not cached";
  if (response.previous_digest() == response.digest()) return "unchanged";
  return response.previous_digest();
}

std::string RefreshText(const v1::RefreshTagResponse& response) {
  FieldTable fields;
  fields.Add("digest", response.digest());
  fields.Add("before", BeforeText(response));
  fields.Add("media type", response.media_type());
  fields.Add("size", SizeText(response.size_bytes()));
  fields.Add("upstream", absl::StrCat(response.upstream_id()));
  return fields.ToString();
}

struct RefreshTagOptions {
  std::string registry;
  std::optional<std::string> group;
  std::string image;
};

absl::Status RefreshTag(Session& session, const RefreshTagOptions& options) {
  ASSIGN_OR_RETURN(ImageText image, ParseTaggedImage(options.image));
  v1::RefreshTagRequest request;
  SetResource("registry", options.registry, options.group, request);
  request.set_repository(std::move(image.repository));
  request.set_tag(std::move(image.reference));
  ASSIGN_OR_RETURN(const v1::RefreshTagResponse response,
                   session.server.Call(&Stub::RefreshTag, request));
  session.output.PrintObject(response, RefreshText);
  return absl::OkStatus();
}

void AddTag(CommandGroup& refresh) {
  const auto options = std::make_shared<RefreshTagOptions>();
  CLI::App& command = refresh.Add(
      "tag",
      "Revalidate a tag with the upstreams now, even if it is still fresh",
      [options](Session& session) { return RefreshTag(session, *options); });
  AddResourceName(command, "REGISTRY", options->registry, "Registry")
      ->required();
  command.add_option("IMAGE", options->image, "library/alpine:3.20")
      ->required();
  AddGroupOfName(command, options->group);
}

struct RefreshTagsOptions {
  std::string registry;
  std::optional<std::string> group;
  std::vector<std::string> images;
  std::optional<std::string> file;
  std::string request_id;
  bool no_wait = false;
};

// The images of a file, one on a line; empty lines and those that begin with
// `#` are passed over. `-` is standard input.
absl::StatusOr<std::vector<std::string>> ReadImages(
    const std::string& file, const Environment& environment) {
  std::string content;
  if (file == "-") {
    content.assign(std::istreambuf_iterator<char>(environment.in), {});
  } else {
    ASSIGN_OR_RETURN(content, ReadFile(file));
  }
  std::vector<std::string> images;
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && line.front() != '#') images.emplace_back(line);
  }
  return images;
}

absl::StatusOr<v1::BatchRefreshTagsRequest> ToRequest(
    const RefreshTagsOptions& options, const Environment& environment) {
  std::vector<std::string> images = options.images;
  if (options.file) {
    ASSIGN_OR_RETURN(const std::vector<std::string> more,
                     ReadImages(*options.file, environment));
    images.insert(images.end(), more.begin(), more.end());
  }
  if (images.empty()) {
    return absl::InvalidArgumentError(
        "no images given (see cvr refresh tags --help)");
  }
  v1::BatchRefreshTagsRequest request;
  SetResource("registry", options.registry, options.group, request);
  request.set_request_id(options.request_id);
  for (const std::string& text : images) {
    ASSIGN_OR_RETURN(ImageText image, ParseTaggedImage(text));
    auto& tag = *request.add_tags();
    tag.set_repository(std::move(image.repository));
    tag.set_tag(std::move(image.reference));
  }
  return request;
}

std::string ResultTable(const v1::BatchRefreshTagsResponse& response) {
  TextTable table({{"REPOSITORY"}, {"TAG"}, {"DIGEST"}, {"BEFORE"}, {"ERROR"}});
  for (const auto& result : response.results()) {
    table.AddRow({result.repository(), result.tag(), result.response().digest(),
                  result.has_response() ? BeforeText(result.response()) : "",
                  result.error().message()});
  }
  return table.ToString();
}

// The tags that failed make the command fail, after all have been shown.
absl::Status Failures(const v1::Operation& operation) {
  v1::BatchRefreshTagsResponse response;
  if (!operation.response().UnpackTo(&response)) return absl::OkStatus();
  int failed = 0;
  for (const auto& result : response.results()) {
    if (result.has_error()) ++failed;
  }
  if (failed == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      failed, " of ", response.results_size(), " tags were not refreshed"));
}

absl::Status RefreshTags(Session& session, const RefreshTagsOptions& options) {
  ASSIGN_OR_RETURN(const auto request, ToRequest(options, session.environment));
  ASSIGN_OR_RETURN(v1::Operation operation,
                   session.server.Call(&Stub::BatchRefreshTags, request));
  if (!options.no_wait) {
    ASSIGN_OR_RETURN(operation, WaitForEnd(session, operation));
  }
  RETURN_IF_ERROR(FinishOperation<v1::BatchRefreshTagsResponse>(
      session, operation, options.no_wait, ResultTable));
  return Failures(operation);
}

void AddTags(CommandGroup& refresh) {
  const auto options = std::make_shared<RefreshTagsOptions>();
  CLI::App& command = refresh.Add(
      "tags", "Revalidate many tags with the upstreams now",
      [options](Session& session) { return RefreshTags(session, *options); });
  AddResourceName(command, "REGISTRY", options->registry, "Registry")
      ->required();
  command.add_option("IMAGE", options->images,
                     "library/alpine:3.20; up to 1000 with those of --file");
  command
      .add_option("--file", options->file,
                  "File with an image on each line; - = standard input. Empty "
                  "lines and lines that start with # are ignored")
      ->type_name("FILE");
  AddGroupOfName(command, options->group);
  AddNoWait(command, options->no_wait);
  AddRequestId(command, options->request_id);
}

std::string PrefetchText(const v1::PrefetchImageResponse& response) {
  FieldTable fields;
  fields.Add("digest", response.digest());
  fields.Add("manifests", absl::StrCat(response.manifest_count()));
  fields.Add("blobs", absl::StrCat(response.blob_count()));
  fields.Add("fetched", SizeText(response.fetched_bytes()));
  return fields.ToString();
}

struct PrefetchOptions {
  std::string registry;
  std::optional<std::string> group;
  std::string image;
  std::vector<std::string> platforms;
  std::string request_id;
  bool no_wait = false;
};

absl::Status Prefetch(Session& session, const PrefetchOptions& options) {
  const ImageText image = ParseImage(options.image);
  v1::PrefetchImageRequest request;
  SetResource("registry", options.registry, options.group, request);
  request.set_repository(image.repository);
  request.set_reference(image.reference.empty() ? "latest" : image.reference);
  for (const std::string& platform : options.platforms) {
    request.add_platforms(platform);
  }
  request.set_request_id(options.request_id);
  ASSIGN_OR_RETURN(const v1::Operation operation,
                   session.server.Call(&Stub::PrefetchImage, request));
  return FinishOperation<v1::PrefetchImageResponse>(
      session, operation, options.no_wait, PrefetchText);
}

void AddPrefetch(CLI::App& root, Action* chosen) {
  const auto options = std::make_shared<PrefetchOptions>();
  CLI::App& command = AddCommand(
      root, "prefetch", "Pull an image into the cache before clients ask",
      chosen,
      [options](Session& session) { return Prefetch(session, *options); });
  AddResourceName(command, "REGISTRY", options->registry, "Registry")
      ->required();
  command
      .add_option("IMAGE", options->image,
                  "library/alpine:3.20 or library/alpine@sha256:...")
      ->required();
  command
      .add_option("--platform", options->platforms,
                  "Platform to fetch of an image for several: linux/amd64, "
                  "linux/arm64/v8 (default: all). May be repeated")
      ->allow_extra_args(false)
      ->type_name("OS/ARCH");
  AddGroupOfName(command, options->group);
  AddNoWait(command, options->no_wait);
  AddRequestId(command, options->request_id);
}

}  // namespace

void AddRefreshCommands(CLI::App& root, Action* chosen) {
  CommandGroup refresh(root, "refresh",
                       "Revalidate cached tags with the upstreams now", chosen);
  AddTag(refresh);
  AddTags(refresh);
  AddPrefetch(root, chosen);
}

}  // namespace cvr
