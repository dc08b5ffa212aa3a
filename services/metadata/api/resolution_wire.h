#ifndef SERVICES_METADATA_API_RESOLUTION_WIRE_H_
#define SERVICES_METADATA_API_RESOLUTION_WIRE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "cvr/internal/v1/resolution_service.pb.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// Between the words of resolver.h and their messages. FromWire answers
// INVALID_ARGUMENT for messages that hold nonsense.
internal::v1::ResolveRequest ToWire(const ResolveRequest& request);
absl::StatusOr<ResolveRequest> FromWire(
    const internal::v1::ResolveRequest& message);

internal::v1::Candidate::NegativeAnswer ToWire(NegativeAnswer negative_answer);
absl::StatusOr<NegativeAnswer> FromWire(
    internal::v1::Candidate::NegativeAnswer negative_answer);
internal::v1::Candidate ToWire(const Candidate& candidate);
absl::StatusOr<Candidate> FromWire(const internal::v1::Candidate& message);

internal::v1::FetchPlan ToWire(const FetchPlan& plan);
absl::StatusOr<FetchPlan> FromWire(const internal::v1::FetchPlan& message);

internal::v1::ResolveResponse ToWire(const Resolution& resolution);
absl::StatusOr<Resolution> FromWire(
    const internal::v1::ResolveResponse& message);

internal::v1::ListRepositoriesRequest ToListRequest(
    const Caller& caller, int64_t registry_id,
    const CachedRepository& start_after, int max);
internal::v1::ListRepositoriesResponse ToWire(
    const std::vector<CachedRepository>& repositories);
std::vector<CachedRepository> FromWire(
    const internal::v1::ListRepositoriesResponse& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_API_RESOLUTION_WIRE_H_
