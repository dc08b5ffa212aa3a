#include "tools/cvr/upstreams/upstream_attachment_commands.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/upstreams/upstream_view.h"

namespace cvr {
namespace {

using Stub = v1::UpstreamService::Stub;

struct Attachment {
  int64_t registry_id = 0;
  int64_t upstream_id = 0;
  int32_t position = 0;
};

void AddAttachmentOptions(CLI::App& command, Attachment& attachment) {
  AddId(command, "--registry", attachment.registry_id, "ID of the registry")
      ->required();
  AddId(command, "--upstream", attachment.upstream_id, "ID of the upstream")
      ->required();
}

void AddAttach(CommandGroup& upstreams) {
  const auto attachment = std::make_shared<Attachment>();
  CLI::App& command = upstreams.Add(
      "attach", "Attach an upstream to a registry, at the last position",
      [attachment](Session& session) -> absl::Status {
        v1::AttachUpstreamRequest request;
        request.set_registry_id(attachment->registry_id);
        request.set_upstream_id(attachment->upstream_id);
        ASSIGN_OR_RETURN(const v1::RegistryUpstream attached,
                         session.server.Call(&Stub::AttachUpstream, request));
        session.output.PrintObject(attached, AttachmentFields);
        return absl::OkStatus();
      });
  AddAttachmentOptions(command, *attachment);
}

bool HasUpstream(const v1::Registry& registry, int64_t upstream_id) {
  return std::any_of(registry.upstreams().begin(), registry.upstreams().end(),
                     [upstream_id](const v1::RegistryUpstream& attachment) {
                       return attachment.upstream_id() == upstream_id;
                     });
}

void AddDetach(CommandGroup& upstreams) {
  const auto attachment = std::make_shared<Attachment>();
  CLI::App& command = upstreams.Add(
      "detach", "Detach an upstream from a registry",
      [attachment](Session& session) -> absl::Status {
        v1::DetachUpstreamRequest request;
        request.set_registry_id(attachment->registry_id);
        request.set_upstream_id(attachment->upstream_id);
        v1::GetRegistryRequest get;
        get.set_id(attachment->registry_id);
        const auto before =
            session.server.Call(&v1::RegistryService::Stub::GetRegistry, get);
        RETURN_IF_ERROR(
            session.server.Call(&Stub::DetachUpstream, request).status());
        // Neither is in a registry that there is not.
        const bool was_detached =
            before.ok() ? !HasUpstream(*before, attachment->upstream_id)
                        : absl::IsNotFound(before.status());
        session.output.PrintNote(
            absl::StrCat("upstream ", attachment->upstream_id,
                         was_detached ? " was not attached to registry "
                                      : " detached from registry ",
                         attachment->registry_id));
        return absl::OkStatus();
      });
  AddAttachmentOptions(command, *attachment);
}

void AddMove(CommandGroup& upstreams) {
  const auto attachment = std::make_shared<Attachment>();
  CLI::App& command = upstreams.Add(
      "move", "Change the position of an upstream in a registry",
      [attachment](Session& session) -> absl::Status {
        v1::MoveUpstreamRequest request;
        request.set_registry_id(attachment->registry_id);
        request.set_upstream_id(attachment->upstream_id);
        request.set_position(attachment->position);
        ASSIGN_OR_RETURN(const v1::RegistryUpstream moved,
                         session.server.Call(&Stub::MoveUpstream, request));
        session.output.PrintObject(moved, AttachmentFields);
        return absl::OkStatus();
      });
  AddAttachmentOptions(command, *attachment);
  command
      .add_option("--position", attachment->position,
                  "New position; 1 = asked first; a number above the last "
                  "position means last")
      ->check(PositiveInteger())
      ->type_name("N")
      ->required();
}

void AddGetAttachment(CommandGroup& upstreams) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = upstreams.Add(
      "attachment",
      "Show an attachment: the upstream, the registry and the position",
      [id](Session& session) -> absl::Status {
        v1::GetRegistryUpstreamRequest request;
        request.set_id(*id);
        ASSIGN_OR_RETURN(
            const v1::RegistryUpstream attachment,
            session.server.Call(&Stub::GetRegistryUpstream, request));
        session.output.PrintObject(attachment, AttachmentFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the attachment")->required();
  // What the command was called at first.
  command.alias("place");
}

}  // namespace

void AddAttachmentCommands(CommandGroup& upstreams) {
  AddGetAttachment(upstreams);
  AddAttach(upstreams);
  AddDetach(upstreams);
  AddMove(upstreams);
}

}  // namespace cvr
