#ifndef TOOLS_CVR_DECLARATION_ATTACHMENTS_H_
#define TOOLS_CVR_DECLARATION_ATTACHMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cvr/v1/registry_service.pb.h"
#include "tools/cvr/client/server_connection.h"

// Registries and their upstreams, as calls. Errors: those of the calls.
namespace cvr::declaration {

// Carries out `update`, and returns the id of the registry: 0 when it would be
// created and `update` only validates. A registry that is to have an id of its
// own is created: an update cannot choose one.
absl::StatusOr<int64_t> PutRegistry(ServerConnection& server,
                                    const v1::UpdateRegistryRequest& update);

// Attaches exactly the upstreams `wanted`, in this order. `etag` is that of the
// attachments that were read; empty = the registry is new.
absl::Status SetAttachments(ServerConnection& server, int64_t registry_id,
                            const std::vector<int64_t>& wanted,
                            const std::string& etag, bool validate_only);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_ATTACHMENTS_H_
