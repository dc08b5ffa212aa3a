#ifndef SERVICES_METADATA_API_RECORD_WIRE_H_
#define SERVICES_METADATA_API_RECORD_WIRE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "cvr/internal/v1/cache_record_service.pb.h"
#include "services/metadata/api/cache_recorder.h"
#include "services/metadata/api/refresh_source.h"
#include "services/policy/upstream_access.h"

namespace cvr {

// Between the words of metadata_client.h and their messages. FromWire answers
// INVALID_ARGUMENT for messages that hold nonsense.
internal::v1::RecordCacheEntryRequest ToWire(const CacheRecord& record);
absl::StatusOr<CacheRecord> FromWire(
    const internal::v1::RecordCacheEntryRequest& message);

// Arguments of CacheRecorder::RecordNegativeAnswer().
struct NegativeAnswerRecord {
  UpstreamEpoch upstream;
  ContentRef content;
  NegativeAnswer negative_answer = NegativeAnswer::kNone;
};
internal::v1::RecordNegativeAnswerRequest ToNegativeAnswerRequest(
    const UpstreamEpoch& upstream, const ContentRef& content,
    NegativeAnswer negative_answer);
absl::StatusOr<NegativeAnswerRecord> FromWire(
    const internal::v1::RecordNegativeAnswerRequest& message);

internal::v1::UpstreamEpoch ToWire(const UpstreamEpoch& upstream);
UpstreamEpoch FromWire(const internal::v1::UpstreamEpoch& message);

// The credentials are beside the upstream, in a field of their own.
internal::v1::GetUpstreamAccessResponse ToWire(const UpstreamAccess& access);
UpstreamAccess FromWire(const internal::v1::GetUpstreamAccessResponse& message);

internal::v1::TakeRefreshDueResponse ToWire(const std::vector<RefreshDue>& due);
absl::StatusOr<std::vector<RefreshDue>> FromWire(
    const internal::v1::TakeRefreshDueResponse& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_API_RECORD_WIRE_H_
