#ifndef SERVICES_METADATA_API_RECORD_WIRE_H_
#define SERVICES_METADATA_API_RECORD_WIRE_H_

#include "absl/status/statusor.h"
#include "protos/cvr/v1/resolution_service.pb.h"
#include "services/metadata/api/metadata_client.h"

namespace cvr {

// Between a CacheRecord and its message. FromWire answers INVALID_ARGUMENT for
// messages that hold nonsense.
v1::RecordCacheEntryRequest ToWire(const CacheRecord& record);
absl::StatusOr<CacheRecord> FromWire(
    const v1::RecordCacheEntryRequest& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_API_RECORD_WIRE_H_
