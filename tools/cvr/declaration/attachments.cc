#include "tools/cvr/declaration/attachments.h"

#include "cvr/v1/attachment_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "services/common/status_macros.h"

namespace cvr::declaration {

using Registries = v1::RegistryService::Stub;

absl::StatusOr<int64_t> PutRegistry(ServerConnection& server,
                                    const v1::UpdateRegistryRequest& update) {
  const bool is_new = update.has_key();
  if (is_new && update.registry().id() != 0) {
    v1::CreateRegistryRequest create;
    *create.mutable_registry() = update.registry();
    create.set_validate_only(update.validate_only());
    ASSIGN_OR_RETURN(const v1::Registry created,
                     server.Call(&Registries::CreateRegistry, create));
    return update.validate_only() ? 0 : created.id();
  }
  // Only its attachments change.
  if (!is_new && update.update_mask().paths().empty()) return update.id();
  ASSIGN_OR_RETURN(const v1::Registry updated,
                   server.Call(&Registries::UpdateRegistry, update));
  return is_new && update.validate_only() ? 0 : updated.id();
}

absl::Status SetAttachments(ServerConnection& server, int64_t registry_id,
                            const std::vector<int64_t>& wanted,
                            const std::string& etag, bool validate_only) {
  v1::SetAttachmentsRequest request;
  request.set_registry_id(registry_id);
  request.mutable_upstream_ids()->Assign(wanted.begin(), wanted.end());
  request.set_etag(etag);
  request.set_validate_only(validate_only);
  return server.Call(&v1::AttachmentService::Stub::SetAttachments, request)
      .status();
}

}  // namespace cvr::declaration
