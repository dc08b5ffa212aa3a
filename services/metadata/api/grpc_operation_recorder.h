#ifndef SERVICES_METADATA_API_GRPC_OPERATION_RECORDER_H_
#define SERVICES_METADATA_API_GRPC_OPERATION_RECORDER_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "cvr/internal/v1/operation_record_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "services/metadata/api/operation_recorder.h"

namespace cvr {

// The OperationRecorder of a metadata service in another process. Thread-safe.
class GrpcOperationRecorder : public OperationRecorder {
 public:
  struct Options {
    absl::Duration deadline = absl::Seconds(10);  // Of each call.
  };

  GrpcOperationRecorder(std::shared_ptr<grpc::Channel> channel,
                        const Options& options);

  absl::StatusOr<StartedOperation> Start(const OperationStart& start) override;
  absl::StatusOr<bool> ReportProgress(
      int64_t id, const v1::Operation::Progress& progress) override;
  absl::Status Finish(
      int64_t id, const v1::Operation::Progress& progress,
      const absl::StatusOr<google::protobuf::Any>& result) override;

 private:
  const std::unique_ptr<internal::v1::OperationRecordService::Stub> stub_;
  const Options options_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_GRPC_OPERATION_RECORDER_H_
