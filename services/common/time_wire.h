#ifndef SERVICES_COMMON_TIME_WIRE_H_
#define SERVICES_COMMON_TIME_WIRE_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

// The project's only conversion between times and durations and their messages,
// to the nanosecond, further digits cut off. All pure. Infinite ones have no
// message: do not convert them.
namespace cvr {

google::protobuf::Timestamp ToWire(absl::Time time);
absl::Time FromWire(const google::protobuf::Timestamp& message);

google::protobuf::Duration ToWire(absl::Duration duration);
absl::Duration FromWire(const google::protobuf::Duration& message);

}  // namespace cvr

#endif  // SERVICES_COMMON_TIME_WIRE_H_
