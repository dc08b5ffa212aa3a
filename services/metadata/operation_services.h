#ifndef SERVICES_METADATA_OPERATION_SERVICES_H_
#define SERVICES_METADATA_OPERATION_SERVICES_H_

#include "cvr/internal/v1/operation_record_service.grpc.pb.h"
#include "cvr/v1/operation_service.grpc.pb.h"
#include "services/metadata/guarded_service.h"
#include "services/metadata/operations/operations.h"
#include "services/rpc/call_guard.h"

// Operations on the wire; nothing is decided here. The guard and the operations
// must outlive the services.
namespace cvr {

// For administrators.
class OperationServiceImpl final
    : public GuardedService<v1::OperationService::Service, Operations> {
 public:
  using GuardedService::GuardedService;

  grpc::Status GetOperation(grpc::ServerContext* context,
                            const v1::GetOperationRequest* request,
                            v1::Operation* response) override;
  grpc::Status ListOperations(grpc::ServerContext* context,
                              const v1::ListOperationsRequest* request,
                              v1::ListOperationsResponse* response) override;
  grpc::Status WaitOperation(grpc::ServerContext* context,
                             const v1::WaitOperationRequest* request,
                             v1::Operation* response) override;
  grpc::Status CancelOperation(grpc::ServerContext* context,
                               const v1::CancelOperationRequest* request,
                               v1::CancelOperationResponse* response) override;
};

// For blob services.
class OperationRecordServiceImpl final
    : public internal::v1::OperationRecordService::Service {
 public:
  explicit OperationRecordServiceImpl(OperationRecorder& recorder)
      : recorder_(recorder) {}

  grpc::Status StartOperation(
      grpc::ServerContext* context,
      const internal::v1::StartOperationRequest* request,
      internal::v1::StartOperationResponse* response) override;
  grpc::Status ReportProgress(
      grpc::ServerContext* context,
      const internal::v1::ReportProgressRequest* request,
      internal::v1::ReportProgressResponse* response) override;
  grpc::Status FinishOperation(
      grpc::ServerContext* context,
      const internal::v1::FinishOperationRequest* request,
      internal::v1::FinishOperationResponse* response) override;

 private:
  OperationRecorder& recorder_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_OPERATION_SERVICES_H_
