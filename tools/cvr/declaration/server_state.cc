#include "tools/cvr/declaration/server_state.h"

#include "absl/strings/str_cat.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "services/common/status_macros.h"

namespace cvr::declaration {

absl::StatusOr<const v1::Upstream*> ServerState::FindUpstream(
    const std::string& group, const std::string& name) const {
  const v1::Upstream* found = nullptr;
  for (const v1::Upstream& upstream : upstreams) {
    if (upstream.group() != group || upstream.name() != name) continue;
    if (found != nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("group ", group, " has two upstreams called '", name,
                       "', ", found->id(), " and ", upstream.id(),
                       ": rename one (cvr upstream update ID --name NAME)"));
    }
    found = &upstream;
  }
  return found;
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
  for (const v1::RegistryUpstream& place : registry.upstreams()) {
    for (const v1::Upstream& upstream : upstreams) {
      if (upstream.id() == place.upstream_id())
        names.push_back(upstream.name());
    }
  }
  return names;
}

absl::StatusOr<ServerState> LoadServerState(ServerConnection& server) {
  ServerState state;
  ASSIGN_OR_RETURN(
      const auto groups,
      server.List(&v1::GroupService::Stub::ListGroups,
                  &v1::ListGroupsResponse::groups, v1::ListGroupsRequest()));
  for (const v1::Group& group : groups) {
    state.groups[group.name()] = group;
    v1::GetCleanupPolicyRequest request;
    request.set_group(group.name());
    auto policy =
        server.Call(&v1::CleanupPolicyService::Stub::GetCleanupPolicy, request);
    // A server without the service has no policies.
    if (absl::IsNotFound(policy.status()) ||
        absl::IsUnimplemented(policy.status())) {
      continue;
    }
    if (!policy.ok()) return policy.status();
    state.cleanup_policies[group.name()] = *std::move(policy);
  }
  ASSIGN_OR_RETURN(state.upstreams,
                   server.List(&v1::UpstreamService::Stub::ListUpstreams,
                               &v1::ListUpstreamsResponse::upstreams,
                               v1::ListUpstreamsRequest()));
  ASSIGN_OR_RETURN(state.registries,
                   server.List(&v1::RegistryService::Stub::ListRegistries,
                               &v1::ListRegistriesResponse::registries,
                               v1::ListRegistriesRequest()));
  return state;
}

}  // namespace cvr::declaration
