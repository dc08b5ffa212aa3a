#include "tools/cvr/declaration/attachments.h"

#include <algorithm>

#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "services/common/status_macros.h"

namespace cvr::declaration {
namespace {

using Registries = v1::RegistryService::Stub;
using Upstreams = v1::UpstreamService::Stub;

absl::Status Detach(ServerConnection& server, int64_t registry_id,
                    int64_t upstream_id) {
  v1::DetachUpstreamRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  return server.Call(&Upstreams::DetachUpstream, request).status();
}

absl::Status Attach(ServerConnection& server, int64_t registry_id,
                    int64_t upstream_id) {
  v1::AttachUpstreamRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  return server.Call(&Upstreams::AttachUpstream, request).status();
}

absl::Status Move(ServerConnection& server, int64_t registry_id,
                  int64_t upstream_id, int32_t position) {
  v1::MoveUpstreamRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  request.set_position(position);
  return server.Call(&Upstreams::MoveUpstream, request).status();
}

}  // namespace

absl::StatusOr<int64_t> PutRegistry(ServerConnection& server, bool is_new,
                                    const v1::UpdateRegistryRequest& update) {
  if (is_new) {
    v1::CreateRegistryRequest create;
    *create.mutable_registry() = update.registry();
    ASSIGN_OR_RETURN(const v1::Registry created,
                     server.Call(&Registries::CreateRegistry, create));
    return created.id();
  }
  if (!update.update_mask().paths().empty()) {
    RETURN_IF_ERROR(server.Call(&Registries::UpdateRegistry, update).status());
  }
  return update.registry().id();
}

absl::Status SetAttachments(ServerConnection& server, int64_t registry_id,
                            const std::vector<int64_t>& wanted) {
  v1::GetRegistryRequest get;
  get.set_id(registry_id);
  ASSIGN_OR_RETURN(const v1::Registry registry,
                   server.Call(&Registries::GetRegistry, get));
  std::vector<int64_t> attached;
  for (const v1::RegistryUpstream& place : registry.upstreams()) {
    const int64_t id = place.upstream_id();
    if (std::count(wanted.begin(), wanted.end(), id) > 0) {
      attached.push_back(id);
    } else {
      RETURN_IF_ERROR(Detach(server, registry_id, id));
    }
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (i < attached.size() && attached[i] == wanted[i]) continue;
    auto at = std::find(attached.begin(), attached.end(), wanted[i]);
    if (at == attached.end()) {
      RETURN_IF_ERROR(Attach(server, registry_id, wanted[i]));
      // As the last.
      if (attached.size() == i) {
        attached.push_back(wanted[i]);
        continue;
      }
    } else {
      attached.erase(at);
    }
    RETURN_IF_ERROR(
        Move(server, registry_id, wanted[i], static_cast<int32_t>(i + 1)));
    attached.insert(attached.begin() + static_cast<int64_t>(i), wanted[i]);
  }
  return absl::OkStatus();
}

absl::Status DeleteRegistry(ServerConnection& server,
                            const v1::Registry& registry,
                            const std::vector<int64_t>& stay) {
  for (const int64_t id : stay) {
    RETURN_IF_ERROR(Detach(server, registry.id(), id));
  }
  v1::DeleteRegistryRequest request;
  request.set_id(registry.id());
  request.set_etag(registry.etag());
  return server.Call(&Registries::DeleteRegistry, request).status();
}

}  // namespace cvr::declaration
