#ifndef TOOLS_CVR_DECLARATION_SERVER_STATE_H_
#define TOOLS_CVR_DECLARATION_SERVER_STATE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cvr/v1/cleanup_policy.pb.h"
#include "cvr/v1/group.pb.h"
#include "cvr/v1/registry.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "tools/cvr/client/server_connection.h"

namespace cvr::declaration {

// What a server has, as far as a declaration is about it.
struct ServerState {
  std::map<std::string, v1::Group> groups;
  // Of groups that have one.
  std::map<std::string, v1::CleanupPolicy> cleanup_policies;
  // By id.
  std::vector<v1::Upstream> upstreams;
  std::vector<v1::Registry> registries;

  // Null when there is none. Errors: FAILED_PRECONDITION when the group has two
  // of that name, which nothing forbids upstreams.
  absl::StatusOr<const v1::Upstream*> FindUpstream(
      const std::string& group, const std::string& name) const;
  const v1::Registry* FindRegistry(const std::string& group,
                                   const std::string& name) const;
  // Names of the upstreams of `registry`, by position.
  std::vector<std::string> UpstreamNames(const v1::Registry& registry) const;
};

// Errors: those of the calls.
absl::StatusOr<ServerState> LoadServerState(ServerConnection& server);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_SERVER_STATE_H_
