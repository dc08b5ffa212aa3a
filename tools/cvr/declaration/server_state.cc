#include "tools/cvr/declaration/server_state.h"

#include "cvr/v1/attachment_service.grpc.pb.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/resource_name.h"

namespace cvr::declaration {
namespace {

// The defaults that CleanupPolicy promises.
constexpr int64_t kKeepDays = 30;
constexpr int64_t kRunIntervalDays = 7;

}  // namespace

const v1::Upstream* ServerState::FindUpstream(const std::string& group,
                                              const std::string& name) const {
  for (const v1::Upstream& upstream : upstreams) {
    if (upstream.group() == group && upstream.name() == name) return &upstream;
  }
  return nullptr;
}

const v1::Registry* ServerState::FindRegistry(const std::string& group,
                                              const std::string& name) const {
  for (const v1::Registry& registry : registries) {
    if (registry.group() == group && registry.name() == name) return &registry;
  }
  return nullptr;
}

std::vector<std::string> ServerState::UpstreamNames(
    const v1::Registry& registry) const {
  std::vector<std::string> names;
  for (const v1::Attachment& attachment : registry.attachments()) {
    for (const v1::Upstream& upstream : upstreams) {
      if (upstream.id() == attachment.upstream_id())
        names.push_back(upstream.name());
    }
  }
  return names;
}

v1::Upstream WithLogin(const v1::Upstream& upstream) {
  v1::Upstream declared = upstream;
  if (!upstream.username().empty()) {
    declared.mutable_credentials()->mutable_basic()->set_username(
        upstream.username());
  }
  return declared;
}

v1::CleanupPolicy WithDefaults(v1::CleanupPolicy policy) {
  if (!policy.has_keep_after_last_pull()) {
    policy.mutable_keep_after_last_pull()->set_seconds(kKeepDays * 86400);
  }
  if (!policy.has_run_interval()) {
    policy.mutable_run_interval()->set_seconds(kRunIntervalDays * 86400);
  }
  return policy;
}

bool IsDefault(const v1::CleanupPolicy& policy) {
  const v1::CleanupPolicy filled = WithDefaults(policy);
  return !filled.enabled() &&
         filled.keep_after_last_pull().seconds() == kKeepDays * 86400 &&
         filled.run_interval().seconds() == kRunIntervalDays * 86400;
}

namespace {

absl::Status LoadPolicies(ServerConnection& server, ServerState& state) {
  for (const auto& [name, group] : state.groups) {
    v1::GetCleanupPolicyRequest request;
    request.set_group(name);
    ASSIGN_OR_RETURN(
        state.cleanup_policies[name],
        server.Call(&v1::CleanupPolicyService::Stub::GetCleanupPolicy,
                    request));
  }
  return absl::OkStatus();
}

// Attachments with the etag that says whether they are still the same.
absl::Status LoadAttachments(ServerConnection& server, ServerState& state) {
  for (v1::Registry& registry : state.registries) {
    v1::ListAttachmentsRequest request;
    request.set_registry_id(registry.id());
    auto list =
        server.Call(&v1::AttachmentService::Stub::ListAttachments, request);
    // Somebody has deleted it meanwhile: so a change of it will say.
    if (absl::IsNotFound(list.status())) continue;
    if (!list.ok()) return list.status();
    registry.mutable_attachments()->Swap(list->mutable_attachments());
    state.attachment_etags[registry.id()] = list->etag();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ServerState> LoadServerState(ServerConnection& server) {
  ServerState state;
  ASSIGN_OR_RETURN(
      const auto groups,
      server.List(&v1::GroupService::Stub::ListGroups,
                  &v1::ListGroupsResponse::groups, v1::ListGroupsRequest()));
  for (const v1::Group& group : groups) state.groups[group.name()] = group;
  RETURN_IF_ERROR(LoadPolicies(server, state));
  v1::ListUpstreamsRequest upstreams;
  upstreams.set_group(kAllGroups);
  ASSIGN_OR_RETURN(
      state.upstreams,
      server.List(&v1::UpstreamService::Stub::ListUpstreams,
                  &v1::ListUpstreamsResponse::upstreams, upstreams));
  v1::ListRegistriesRequest registries;
  registries.set_group(kAllGroups);
  ASSIGN_OR_RETURN(
      state.registries,
      server.List(&v1::RegistryService::Stub::ListRegistries,
                  &v1::ListRegistriesResponse::registries, registries));
  RETURN_IF_ERROR(LoadAttachments(server, state));
  return state;
}

}  // namespace cvr::declaration
