#ifndef TOOLS_CVR_DECLARATION_ATTACHMENTS_H_
#define TOOLS_CVR_DECLARATION_ATTACHMENTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "cvr/v1/registry.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "tools/cvr/client/server_connection.h"

// Registries and their upstreams, as calls. Errors: those of the calls.
namespace cvr::declaration {

// Makes the registry of `update`, or changes what its mask names. Its id.
absl::StatusOr<int64_t> PutRegistry(ServerConnection& server, bool is_new,
                                    const v1::UpdateRegistryRequest& update);

// Attaches exactly the upstreams `wanted`, in this order.
absl::Status SetAttachments(ServerConnection& server, int64_t registry_id,
                            const std::vector<int64_t>& wanted);

// Deletes `registry`, after detaching the upstreams `stay`.
absl::Status DeleteRegistry(ServerConnection& server,
                            const v1::Registry& registry,
                            const std::vector<int64_t>& stay);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_ATTACHMENTS_H_
