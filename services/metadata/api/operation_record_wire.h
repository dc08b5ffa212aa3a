#ifndef SERVICES_METADATA_API_OPERATION_RECORD_WIRE_H_
#define SERVICES_METADATA_API_OPERATION_RECORD_WIRE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/internal/v1/operation_record_service.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/rpc/status.pb.h"
#include "services/metadata/api/operation_recorder.h"

namespace cvr {

// Between the words of operation_recorder.h and their messages. FromWire
// answers INVALID_ARGUMENT for messages that hold nonsense.
internal::v1::StartOperationRequest ToWire(const OperationStart& start);
absl::StatusOr<OperationStart> FromWire(
    const internal::v1::StartOperationRequest& message);

internal::v1::StartOperationResponse ToWire(const StartedOperation& started);
StartedOperation FromWire(const internal::v1::StartOperationResponse& message);

// An error with what is attached to it: reason, violations and so on.
google::rpc::Status ErrorToWire(const absl::Status& error);
absl::Status ErrorFromWire(const google::rpc::Status& message);

// The result of an operation.
void ResultToWire(const absl::StatusOr<google::protobuf::Any>& result,
                  internal::v1::FinishOperationRequest& message);
// Errors: INVALID_ARGUMENT for a message without one; otherwise what is
// returned is what the operation ended with, an error as well.
struct OperationResult {
  absl::StatusOr<google::protobuf::Any> value;
};
absl::StatusOr<OperationResult> ResultFromWire(
    const internal::v1::FinishOperationRequest& message);

}  // namespace cvr

#endif  // SERVICES_METADATA_API_OPERATION_RECORD_WIRE_H_
