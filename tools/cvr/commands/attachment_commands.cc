#include "tools/cvr/commands/attachment_commands.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cvr/v1/attachment_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/commands/deletion.h"

namespace cvr {
namespace {

using Stub = v1::AttachmentService::Stub;
using Attachments = std::vector<v1::Attachment>;

// A registry and one of its upstreams, as they are typed.
struct AttachmentOptions {
  std::string registry;
  std::string upstream;
  std::optional<std::string> group;
};

template <typename Request>
Request RequestFor(const AttachmentOptions& options) {
  Request request;
  SetResource("registry", options.registry, options.group, request);
  SetResource("upstream", options.upstream, options.group, request);
  return request;
}

void AddRegistry(CLI::App& command, AttachmentOptions& options) {
  AddResourceName(command, "--registry", options.registry, "Registry")
      ->required();
  AddGroupOfName(command, options.group);
}

void AddBoth(CLI::App& command, AttachmentOptions& options) {
  AddRegistry(command, options);
  AddResourceName(command, "--upstream", options.upstream, "Upstream")
      ->required();
}

std::string AsFields(const v1::Attachment& attachment) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(attachment.id()));
  fields.Add("registry", absl::StrCat(attachment.registry_id()));
  fields.Add("upstream", absl::StrCat(attachment.upstream_id()));
  fields.Add("position", absl::StrCat(attachment.position()));
  return fields.ToString();
}

std::string AsTable(const Attachments& attachments) {
  TextTable table({{"POSITION", TextTable::Align::kRight},
                   {"UPSTREAM", TextTable::Align::kRight},
                   {"ID", TextTable::Align::kRight}});
  for (const v1::Attachment& attachment : attachments) {
    table.AddRow({absl::StrCat(attachment.position()),
                  absl::StrCat(attachment.upstream_id()),
                  absl::StrCat(attachment.id())});
  }
  return table.ToString();
}

// Lists of attachments are messages with an etag, and so they are printed.
template <typename Response>
std::string ListAsText(const Response& response) {
  const Attachments attachments(response.attachments().begin(),
                                response.attachments().end());
  FieldTable fields;
  fields.Add("etag", response.etag());
  return absl::StrCat(AsTable(attachments), "\n", fields.ToString());
}

void AddCreate(CommandGroup& attachments) {
  const auto options = std::make_shared<AttachmentOptions>();
  const auto request_id = std::make_shared<std::string>();
  CLI::App& command = attachments.Add(
      "create", "Attach an upstream to a registry, at the last position",
      [options, request_id](Session& session) -> absl::Status {
        auto request = RequestFor<v1::CreateAttachmentRequest>(*options);
        request.set_request_id(*request_id);
        ASSIGN_OR_RETURN(const v1::Attachment created,
                         session.server.Call(&Stub::CreateAttachment, request));
        session.output.PrintObject(created, AsFields);
        return absl::OkStatus();
      });
  AddBoth(command, *options);
  AddRequestId(command, *request_id);
}

void AddList(CommandGroup& attachments) {
  const auto options = std::make_shared<AttachmentOptions>();
  CLI::App& command = attachments.Add(
      "list", "List the attachments of a registry by position",
      [options](Session& session) -> absl::Status {
        v1::ListAttachmentsRequest request;
        SetResource("registry", options->registry, options->group, request);
        ASSIGN_OR_RETURN(const v1::ListAttachmentsResponse found,
                         session.server.Call(&Stub::ListAttachments, request));
        session.output.PrintObject(found, ListAsText);
        return absl::OkStatus();
      });
  AddRegistry(command, *options);
}

struct SetOptions {
  AttachmentOptions which;
  std::vector<std::string> upstreams;
  std::string etag;
  bool none = false;
  bool validate_only = false;
};

// The request wants ids.
absl::StatusOr<int64_t> UpstreamId(Session& session, const std::string& word,
                                   const std::optional<std::string>& group) {
  int64_t id = 0;
  if (IsId(word) && absl::SimpleAtoi(word, &id)) return id;
  v1::GetUpstreamRequest request;
  SetResource("", word, group, request);
  ASSIGN_OR_RETURN(
      const v1::Upstream upstream,
      session.server.Call(&v1::UpstreamService::Stub::GetUpstream, request));
  return upstream.id();
}

absl::Status Set(Session& session, const SetOptions& options) {
  if (options.upstreams.empty() != options.none) {
    return absl::InvalidArgumentError(
        "give either the upstreams, or --none (see cvr attachment set --help)");
  }
  v1::SetAttachmentsRequest request;
  SetResource("registry", options.which.registry, options.which.group, request);
  for (const std::string& word : options.upstreams) {
    ASSIGN_OR_RETURN(const int64_t id,
                     UpstreamId(session, word, options.which.group));
    request.add_upstream_ids(id);
  }
  request.set_etag(options.etag);
  request.set_validate_only(options.validate_only);
  ASSIGN_OR_RETURN(const v1::SetAttachmentsResponse response,
                   session.server.Call(&Stub::SetAttachments, request));
  session.output.PrintObject(response, ListAsText);
  NoteValidation(session, options.validate_only);
  return absl::OkStatus();
}

void AddSet(CommandGroup& attachments) {
  const auto options = std::make_shared<SetOptions>();
  CLI::App& command = attachments.Add(
      "set",
      "Replace all attachments of a registry: exactly these upstreams, in this "
      "order",
      [options](Session& session) { return Set(session, *options); });
  AddRegistry(command, options->which);
  command
      .add_option("UPSTREAM", options->upstreams,
                  "Upstreams by position, the first is asked first: their IDs, "
                  "NAMEs or GROUP/NAMEs")
      ->check(ResourceWord())
      ->type_name("");
  command.add_flag("--none", options->none, "Detach all upstreams");
  AddEtag(command, options->etag);
  AddValidateOnly(command, options->validate_only);
}

struct MoveOptions {
  AttachmentOptions which;
  int32_t position = 0;
};

void AddMove(CommandGroup& attachments) {
  const auto options = std::make_shared<MoveOptions>();
  CLI::App& command = attachments.Add(
      "move", "Change the position of an upstream in a registry",
      [options](Session& session) -> absl::Status {
        auto request = RequestFor<v1::MoveAttachmentRequest>(options->which);
        request.set_position(options->position);
        ASSIGN_OR_RETURN(const v1::Attachment moved,
                         session.server.Call(&Stub::MoveAttachment, request));
        session.output.PrintObject(moved, AsFields);
        return absl::OkStatus();
      });
  AddBoth(command, options->which);
  command
      .add_option("--position", options->position,
                  "New position; 1 = asked first; a number above the last "
                  "position means last")
      ->check(PositiveInteger())
      ->type_name("N")
      ->required();
}

bool HasUpstream(const v1::ListAttachmentsResponse& list, int64_t upstream_id) {
  return std::any_of(list.attachments().begin(), list.attachments().end(),
                     [upstream_id](const v1::Attachment& attachment) {
                       return attachment.upstream_id() == upstream_id;
                     });
}

// Whether it is certain that there is nothing to detach. Who may not see is
// told nothing of it.
bool IsDetached(Session& session, const AttachmentOptions& options) {
  v1::ListAttachmentsRequest request;
  SetResource("registry", options.registry, options.group, request);
  const auto list = session.server.Call(&Stub::ListAttachments, request);
  if (!list.ok()) return absl::IsNotFound(list.status());
  const auto id = UpstreamId(session, options.upstream, options.group);
  return id.ok() ? !HasUpstream(*list, *id) : absl::IsNotFound(id.status());
}

struct DeleteOptions {
  AttachmentOptions which;
  bool allow_missing = true;
};

absl::Status Delete(Session& session, const DeleteOptions& options) {
  auto request = RequestFor<v1::DeleteAttachmentRequest>(options.which);
  request.set_allow_missing(options.allow_missing);
  const bool was_detached = IsDetached(session, options.which);
  RETURN_IF_ERROR(
      session.server.Call(&Stub::DeleteAttachment, request).status());
  const auto& [registry, upstream, group] = options.which;
  session.output.PrintNote(
      absl::StrCat(ResourceText("upstream", upstream, group),
                   was_detached ? " was not attached to " : " detached from ",
                   ResourceText("registry", registry, group)));
  return absl::OkStatus();
}

void AddDelete(CommandGroup& attachments) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App& command = attachments.Add(
      "delete", "Detach an upstream from a registry",
      [options](Session& session) { return Delete(session, *options); });
  AddBoth(command, options->which);
  AddAllowMissing(command, options->allow_missing);
}

void AddGet(CommandGroup& attachments) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = attachments.Add(
      "get", "Show an attachment: the registry, the upstream and the position",
      [id](Session& session) -> absl::Status {
        v1::GetAttachmentRequest request;
        request.set_id(*id);
        ASSIGN_OR_RETURN(const v1::Attachment attachment,
                         session.server.Call(&Stub::GetAttachment, request));
        session.output.PrintObject(attachment, AsFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the attachment")->required();
}

}  // namespace

void AddAttachmentCommands(CLI::App& root, Action* chosen) {
  CommandGroup attachments(
      root, "attachment",
      "Manage which upstreams a registry asks, and in which order", chosen);
  AddCreate(attachments);
  AddList(attachments);
  AddSet(attachments);
  AddMove(attachments);
  AddDelete(attachments);
  AddGet(attachments);
}

}  // namespace cvr
