#ifndef SERVICES_METADATA_API_RESOLUTION_WIRE_H_
#define SERVICES_METADATA_API_RESOLUTION_WIRE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "protos/cvr/v1/resolution_service.pb.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// Between the words of resolver.h and their messages. FromWire answers
// INVALID_ARGUMENT for messages that hold nonsense.
v1::ResolveRequest ToWire(const ResolveRequest& request);
absl::StatusOr<ResolveRequest> FromWire(const v1::ResolveRequest& message);

v1::Candidate::NegativeAnswer ToWire(NegativeAnswer negative_answer);
absl::StatusOr<NegativeAnswer> FromWire(
    v1::Candidate::NegativeAnswer negative_answer);
v1::Candidate ToWire(const Candidate& candidate);
absl::StatusOr<Candidate> FromWire(const v1::Candidate& message);

v1::FetchPlan ToWire(const FetchPlan& plan);
absl::StatusOr<FetchPlan> FromWire(const v1::FetchPlan& message);

v1::ResolveResponse ToWire(const Resolution& resolution);
absl::StatusOr<Resolution> FromWire(const v1::ResolveResponse& message);

v1::ListRepositoriesRequest ToListRequest(const Caller& caller,
                                          int64_t registry_id,
                                          const CachedRepository& start_after,
                                          int max);
v1::ListRepositoriesResponse ToWire(
    const std::vector<CachedRepository>& repositories);
std::vector<CachedRepository> FromWire(
    const v1::ListRepositoriesResponse& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_API_RESOLUTION_WIRE_H_
