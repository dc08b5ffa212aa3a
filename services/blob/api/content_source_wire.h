#ifndef SERVICES_BLOB_API_CONTENT_SOURCE_WIRE_H_
#define SERVICES_BLOB_API_CONTENT_SOURCE_WIRE_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/internal/v1/blob_service.pb.h"
#include "services/blob/api/content_source.h"

namespace cvr {

// Between the words of content_source.h and their messages. FromWire answers
// INVALID_ARGUMENT for messages that hold nonsense. Deadlines travel as what is
// left of them, since clocks differ: `now` is the caller's.
internal::v1::ReadRequest ToWire(const ReadRequest& request);
absl::StatusOr<ReadRequest> FromWire(const internal::v1::ReadRequest& message);

internal::v1::FetchRequest ToWire(const FetchRequest& request, absl::Time now);
absl::StatusOr<FetchRequest> FromWire(const internal::v1::FetchRequest& message,
                                      absl::Time now);

internal::v1::ContentHeader ToWire(const ContentHeader& header);
absl::StatusOr<ContentHeader> FromWire(
    const internal::v1::ContentHeader& message);

}  // namespace cvr

#endif  // SERVICES_BLOB_API_CONTENT_SOURCE_WIRE_H_
