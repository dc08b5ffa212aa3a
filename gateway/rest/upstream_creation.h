#ifndef GATEWAY_REST_UPSTREAM_CREATION_H_
#define GATEWAY_REST_UPSTREAM_CREATION_H_

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "cvr/v1/upstream.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "gateway/rest/rest_call.h"

// REST names upstreams as people do: any number of them may be called
// `Docker Hub`. That is their display name. The name that is unique in the
// group is made up here.
namespace cvr::rest {

// `display_name` itself, or else with the first number from 2 on that makes it
// a name which is not in `taken`: `Docker Hub-2`. A name that would be longer
// than 255 bytes is cut off before the number. Pure.
std::string FreeUpstreamName(const std::string& display_name,
                             const absl::flat_hash_set<std::string>& taken);

// Creates the upstream of `request`, whose display name and group are set,
// under a free name. Asks again with another name when somebody takes it
// meanwhile, a few times. Errors: those of CreateUpstream, of which
// ALREADY_EXISTS is never about the name; UNAVAILABLE when the names were taken
// every time.
absl::StatusOr<v1::Upstream> CreateUnderFreeName(
    const RestCall& call, v1::CreateUpstreamRequest request);

}  // namespace cvr::rest

#endif  // GATEWAY_REST_UPSTREAM_CREATION_H_
