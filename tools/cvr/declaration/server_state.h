#ifndef TOOLS_CVR_DECLARATION_SERVER_STATE_H_
#define TOOLS_CVR_DECLARATION_SERVER_STATE_H_

#include <cstdint>
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
  // One for each group.
  std::map<std::string, v1::CleanupPolicy> cleanup_policies;
  // By id.
  std::vector<v1::Upstream> upstreams;
  std::vector<v1::Registry> registries;
  // By the id of the registry: that of its attachments.
  std::map<int64_t, std::string> attachment_etags;

  // Null when there is none.
  const v1::Upstream* FindUpstream(const std::string& group,
                                   const std::string& name) const;
  const v1::Registry* FindRegistry(const std::string& group,
                                   const std::string& name) const;
  // Names of the upstreams of `registry`, by position.
  std::vector<std::string> UpstreamNames(const v1::Registry& registry) const;
};

// `upstream` as it is declared: servers tell the user name of its credentials
// in `username`, and declarations have it in `credentials`.
v1::Upstream WithLogin(const v1::Upstream& upstream);

// `policy` with the defaults of what is left out, and whether that is all that
// it has, which means: there is none.
v1::CleanupPolicy WithDefaults(v1::CleanupPolicy policy);
bool IsDefault(const v1::CleanupPolicy& policy);

// Errors: those of the calls.
absl::StatusOr<ServerState> LoadServerState(ServerConnection& server);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_SERVER_STATE_H_
