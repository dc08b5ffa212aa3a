#ifndef SERVICES_METADATA_API_OPERATION_RECORDER_H_
#define SERVICES_METADATA_API_OPERATION_RECORDER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/operation.pb.h"
#include "google/protobuf/any.pb.h"

namespace cvr {

// How long an operation outlives the last report about it.
inline constexpr absl::Duration kOperationLease = absl::Seconds(60);

struct OperationStart {
  // `RefreshService.PrefetchImage`.
  std::string method;
  std::string group;
  // Of the request that starts it; empty = it had none.
  std::string request_id = {};
  // The caller's access token: `request_id` is one of that token's.
  int64_t token_id = 0;
  int64_t total_count = 0;  // 0 = not known yet.
  // Who works on it: --instance_name.
  std::string instance = {};
};

struct StartedOperation {
  v1::Operation operation;
  // The request was repeated: `operation` is what it started the first time,
  // and somebody works on it, or has.
  bool already_started = false;
};

// Keeps record of operations that somebody else works on, so that
// OperationService shows them. Implemented by the metadata service and by the
// gRPC client of a metadata service in another process. Thread-safe.
//
// An operation that nothing was reported of for kOperationLease is ended with
// UNAVAILABLE: who worked on it is gone.
class OperationRecorder {
 public:
  virtual ~OperationRecorder() = default;

  // Creates an operation that has not ended. Errors: INVALID_ARGUMENT,
  // RESOURCE_EXHAUSTED when too many are kept, UNAVAILABLE.
  virtual absl::StatusOr<StartedOperation> Start(
      const OperationStart& start) = 0;

  // Replaces what was reported before, renews the lease, and returns whether
  // the operation is to end. Errors: NOT_FOUND; FAILED_PRECONDITION when it has
  // ended: nobody waits for it any more; UNAVAILABLE.
  virtual absl::StatusOr<bool> ReportProgress(
      int64_t id, const v1::Operation::Progress& progress) = 0;

  // Ends an operation with the response that its method describes, or with an
  // error. Ending what has ended succeeds and changes nothing. Errors:
  // NOT_FOUND, UNAVAILABLE.
  virtual absl::Status Finish(
      int64_t id, const v1::Operation::Progress& progress,
      const absl::StatusOr<google::protobuf::Any>& result) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_OPERATION_RECORDER_H_
