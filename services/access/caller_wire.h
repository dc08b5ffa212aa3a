#ifndef SERVICES_ACCESS_CALLER_WIRE_H_
#define SERVICES_ACCESS_CALLER_WIRE_H_

#include "cvr/internal/v1/caller.pb.h"
#include "services/access/caller.h"

namespace cvr {

// Between a Caller and its message.
internal::v1::Caller ToWire(const Caller& caller);
Caller FromWire(const internal::v1::Caller& message);

}  // namespace cvr

#endif  // SERVICES_ACCESS_CALLER_WIRE_H_
