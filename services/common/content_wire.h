#ifndef SERVICES_COMMON_CONTENT_WIRE_H_
#define SERVICES_COMMON_CONTENT_WIRE_H_

#include "absl/status/statusor.h"
#include "cvr/internal/v1/descriptor.pb.h"
#include "cvr/v1/content.pb.h"
#include "services/common/content.h"
#include "services/common/time_wire.h"

namespace cvr {

// Conversions between types of the domain and protobuf messages. FromWire()
// returns INVALID_ARGUMENT for a message with a field that is not valid.
v1::ContentRef ToWire(const ContentRef& content);
absl::StatusOr<ContentRef> FromWire(const v1::ContentRef& message);

internal::v1::Descriptor ToWire(const Descriptor& target);
absl::StatusOr<Descriptor> FromWire(const internal::v1::Descriptor& message);

}  // namespace cvr

#endif  // SERVICES_COMMON_CONTENT_WIRE_H_
