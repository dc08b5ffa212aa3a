#include "services/metadata/api/operation_record_wire.h"

#include <utility>

#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"

namespace cvr {

internal::v1::StartOperationRequest ToWire(const OperationStart& start) {
  internal::v1::StartOperationRequest message;
  message.set_method(start.method);
  message.set_group(start.group);
  message.set_request_id(start.request_id);
  message.set_token_id(start.token_id);
  message.set_total_count(start.total_count);
  message.set_instance(start.instance);
  return message;
}

absl::StatusOr<OperationStart> FromWire(
    const internal::v1::StartOperationRequest& message) {
  if (message.method().empty()) {
    return errors::FieldInvalid("method", "must be set");
  }
  if (message.total_count() < 0) {
    return errors::FieldInvalid("total_count", "must not be negative");
  }
  return OperationStart{message.method(),      message.group(),
                        message.request_id(),  message.token_id(),
                        message.total_count(), message.instance()};
}

internal::v1::StartOperationResponse ToWire(const StartedOperation& started) {
  internal::v1::StartOperationResponse message;
  *message.mutable_operation() = started.operation;
  message.set_already_started(started.already_started);
  return message;
}

StartedOperation FromWire(const internal::v1::StartOperationResponse& message) {
  return {message.operation(), message.already_started()};
}

google::rpc::Status ErrorToWire(const absl::Status& error) {
  google::rpc::Status message;
  message.ParseFromString(ToRpcStatus(error).error_details());
  return message;
}

absl::Status ErrorFromWire(const google::rpc::Status& message) {
  return FromRpcStatus(
      grpc::Status(static_cast<grpc::StatusCode>(message.code()),
                   message.message(), message.SerializeAsString()));
}

void ResultToWire(const absl::StatusOr<google::protobuf::Any>& result,
                  internal::v1::FinishOperationRequest& message) {
  if (result.ok()) {
    *message.mutable_response() = *result;
  } else {
    *message.mutable_error() = ErrorToWire(result.status());
  }
}

absl::StatusOr<OperationResult> ResultFromWire(
    const internal::v1::FinishOperationRequest& message) {
  if (message.has_response()) return OperationResult{message.response()};
  if (!message.has_error()) {
    return errors::FieldInvalid("result", "must be set");
  }
  absl::Status error = ErrorFromWire(message.error());
  if (error.ok()) return errors::FieldInvalid("error.code", "must not be OK");
  return OperationResult{std::move(error)};
}

}  // namespace cvr
