#include "gateway/rest/attachment_operations.h"

#include "absl/strings/str_cat.h"
#include "gateway/rest/operation_support.h"
#include "gateway/rest/resources.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr::rest {
namespace {

using Stub = v1::AttachmentService::Stub;

absl::StatusOr<v1::Attachment> GetAttachment(const RestCall& call) {
  v1::GetAttachmentRequest request;
  request.set_id(call.arguments.Integer("id"));
  return call.Ask(call.services.attachments, &Stub::GetAttachment, request);
}

absl::StatusOr<RestAnswer> Create(const RestCall& call) {
  v1::CreateAttachmentRequest request;
  request.set_registry_id(call.arguments.Integer("registry_id"));
  request.set_upstream_id(call.arguments.Integer("upstream_id"));
  const auto attachment =
      call.Ask(call.services.attachments, &Stub::CreateAttachment, request);
  if (attachment.ok()) return Created(AttachmentWithUpstreamJson(*attachment));
  if (const auto limit = LimitOf(attachment.status())) {
    return errors::FieldInvalid(
        "position", absl::StrCat("must be less than or equal to ", *limit));
  }
  // Of another group, which is as good as none.
  if (absl::IsFailedPrecondition(attachment.status())) {
    return absl::NotFoundError(attachment.status().message());
  }
  return AsFieldError(attachment.status(), absl::StatusCode::kAlreadyExists,
                      "upstream_id", "has already been taken");
}

absl::StatusOr<RestAnswer> Update(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto attachment, GetAttachment(call));
  v1::MoveAttachmentRequest request;
  request.set_registry_id(attachment.registry_id());
  request.set_upstream_id(attachment.upstream_id());
  request.set_position(
      static_cast<int32_t>(call.arguments.Integer("position")));
  ASSIGN_OR_RETURN(const auto moved, call.Ask(call.services.attachments,
                                              &Stub::MoveAttachment, request));
  return Answer(AttachmentWithUpstreamJson(moved));
}

absl::StatusOr<RestAnswer> Delete(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto attachment, GetAttachment(call));
  v1::DeleteAttachmentRequest request;
  request.set_registry_id(attachment.registry_id());
  request.set_upstream_id(attachment.upstream_id());
  request.set_allow_missing(true);
  RETURN_IF_ERROR(
      call.Ask(call.services.attachments, &Stub::DeleteAttachment, request)
          .status());
  return NoContent();
}

}  // namespace

RestHandlers AttachmentOperations() {
  return {{"createRegistryUpstream", Create},
          {"updateRegistryUpstream", Update},
          {"deleteRegistryUpstream", Delete}};
}

}  // namespace cvr::rest
