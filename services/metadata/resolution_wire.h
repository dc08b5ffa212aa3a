#ifndef SERVICES_METADATA_RESOLUTION_WIRE_H_
#define SERVICES_METADATA_RESOLUTION_WIRE_H_

#include "absl/status/statusor.h"
#include "protos/cvr/v1/resolution_service.pb.h"
#include "services/metadata/resolver.h"

namespace cvr {

// Between the words of resolver.h and their messages. FromWire answers
// INVALID_ARGUMENT for messages that hold nonsense.
v1::ResolveRequest ToWire(const ResolveRequest& request);
absl::StatusOr<ResolveRequest> FromWire(const v1::ResolveRequest& message);

v1::FetchPlan ToWire(const FetchPlan& plan);
absl::StatusOr<FetchPlan> FromWire(const v1::FetchPlan& message);

v1::ResolveResponse ToWire(const Resolution& resolution);
absl::StatusOr<Resolution> FromWire(const v1::ResolveResponse& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_WIRE_H_
