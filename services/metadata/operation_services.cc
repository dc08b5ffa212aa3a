#include "services/metadata/operation_services.h"

#include "absl/status/statusor.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/operation_record_wire.h"
#include "services/metadata/api/rpc_answer.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

absl::StatusOr<internal::v1::StartOperationResponse> Start(
    OperationRecorder& recorder,
    const internal::v1::StartOperationRequest& request) {
  ASSIGN_OR_RETURN(const auto start, FromWire(request));
  ASSIGN_OR_RETURN(const auto started, recorder.Start(start));
  return ToWire(started);
}

absl::StatusOr<internal::v1::ReportProgressResponse> Report(
    OperationRecorder& recorder,
    const internal::v1::ReportProgressRequest& request) {
  ASSIGN_OR_RETURN(const bool cancelled,
                   recorder.ReportProgress(request.id(), request.progress()));
  internal::v1::ReportProgressResponse response;
  response.set_cancel_requested(cancelled);
  return response;
}

absl::StatusOr<internal::v1::FinishOperationResponse> Finish(
    OperationRecorder& recorder,
    const internal::v1::FinishOperationRequest& request) {
  ASSIGN_OR_RETURN(const auto result, ResultFromWire(request));
  RETURN_IF_ERROR(
      recorder.Finish(request.id(), request.progress(), result.value));
  return internal::v1::FinishOperationResponse();
}

}  // namespace

grpc::Status OperationServiceImpl::GetOperation(
    grpc::ServerContext* context, const v1::GetOperationRequest* request,
    v1::Operation* response) {
  return Forward(&Operations::Get, context, request, response);
}

grpc::Status OperationServiceImpl::ListOperations(
    grpc::ServerContext* context, const v1::ListOperationsRequest* request,
    v1::ListOperationsResponse* response) {
  return Forward(&Operations::List, context, request, response);
}

grpc::Status OperationServiceImpl::WaitOperation(
    grpc::ServerContext* context, const v1::WaitOperationRequest* request,
    v1::Operation* response) {
  const auto wait = [context](const Operations& operations,
                              const v1::WaitOperationRequest& wanted,
                              const Caller& caller) {
    return operations.Wait(wanted, caller,
                           [context] { return context->IsCancelled(); });
  };
  return Forward(wait, context, request, response);
}

grpc::Status OperationServiceImpl::CancelOperation(
    grpc::ServerContext* context, const v1::CancelOperationRequest* request,
    v1::CancelOperationResponse* response) {
  return Forward(&Operations::Cancel, context, request, response);
}

grpc::Status OperationRecordServiceImpl::StartOperation(
    grpc::ServerContext* /*context*/,
    const internal::v1::StartOperationRequest* request,
    internal::v1::StartOperationResponse* response) {
  return Answer(Start(recorder_, *request), response);
}

grpc::Status OperationRecordServiceImpl::ReportProgress(
    grpc::ServerContext* /*context*/,
    const internal::v1::ReportProgressRequest* request,
    internal::v1::ReportProgressResponse* response) {
  return Answer(Report(recorder_, *request), response);
}

grpc::Status OperationRecordServiceImpl::FinishOperation(
    grpc::ServerContext* /*context*/,
    const internal::v1::FinishOperationRequest* request,
    internal::v1::FinishOperationResponse* response) {
  return Answer(Finish(recorder_, *request), response);
}

}  // namespace cvr
