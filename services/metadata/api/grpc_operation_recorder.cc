#include "services/metadata/api/grpc_operation_recorder.h"

#include <utility>

#include "services/common/status_macros.h"
#include "services/metadata/api/operation_record_wire.h"
#include "services/rpc/unary_call.h"

namespace cvr {
namespace {

using Stub = internal::v1::OperationRecordService::Stub;

}  // namespace

GrpcOperationRecorder::GrpcOperationRecorder(
    std::shared_ptr<grpc::Channel> channel, const Options& options)
    : stub_(internal::v1::OperationRecordService::NewStub(std::move(channel))),
      options_(options) {}

absl::StatusOr<StartedOperation> GrpcOperationRecorder::Start(
    const OperationStart& start) {
  internal::v1::StartOperationResponse response;
  RETURN_IF_ERROR(UnaryCall(*stub_, &Stub::StartOperation, options_.deadline,
                            ToWire(start), response));
  return FromWire(response);
}

absl::StatusOr<bool> GrpcOperationRecorder::ReportProgress(
    int64_t id, const v1::Operation::Progress& progress) {
  internal::v1::ReportProgressRequest request;
  request.set_id(id);
  *request.mutable_progress() = progress;
  internal::v1::ReportProgressResponse response;
  RETURN_IF_ERROR(UnaryCall(*stub_, &Stub::ReportProgress, options_.deadline,
                            request, response));
  return response.cancel_requested();
}

absl::Status GrpcOperationRecorder::Finish(
    int64_t id, const v1::Operation::Progress& progress,
    const absl::StatusOr<google::protobuf::Any>& result) {
  internal::v1::FinishOperationRequest request;
  request.set_id(id);
  *request.mutable_progress() = progress;
  ResultToWire(result, request);
  internal::v1::FinishOperationResponse response;
  return UnaryCall(*stub_, &Stub::FinishOperation, options_.deadline, request,
                   response);
}

}  // namespace cvr
